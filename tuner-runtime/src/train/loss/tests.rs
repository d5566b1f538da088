//! Tests of the losses.

use super::*;

/// The gradient agrees with finite differences of the weighted mean.
fn check(loss: Loss, columns: usize, targets: &BatchTargets, outputs: &[f32]) {
    let rows = outputs.len() / columns;
    let weights: Vec<f32> = (0..rows).map(|row| 0.5 + row as f32).collect();
    let mut gradient = vec![0.0; outputs.len()];
    loss.evaluate(
        outputs,
        columns,
        targets,
        Some(&weights),
        Some(&mut gradient),
    );
    for index in 0..outputs.len() {
        let mean = |step: f32| {
            let mut moved = outputs.to_vec();
            moved[index] += step;
            loss.evaluate(&moved, columns, targets, Some(&weights), None) / rows as f64
        };
        let slope = (mean(0.01) - mean(-0.01)) / 0.02;
        let error = (slope - f64::from(gradient[index])).abs();
        assert!(
            error < 3e-4,
            "{loss:?} {index}: {slope} {}",
            gradient[index]
        );
    }
}

#[test]
fn gradients_agree_with_differences() {
    let outputs = [0.3, -1.2, 2.0, 0.7, 0.1, -0.4];
    let classes = BatchTargets::Classes(vec![2, 0]);
    check(Loss::CrossEntropy, 3, &classes, &outputs);
    let classes = BatchTargets::Classes(vec![1, 0, 1, 1, 0, 0]);
    check(Loss::BinaryCrossEntropy, 1, &classes, &outputs);
    let values = BatchTargets::Values(vec![1.0, 0.0, 1.0, 0.5, 0.0, 1.0].into());
    for loss in [
        Loss::BinaryCrossEntropy,
        Loss::Mse,
        Loss::Mae,
        Loss::Huber { delta: 0.6 },
    ] {
        check(loss, 3, &values, &outputs);
        check(loss, 1, &values, &outputs);
    }
}

#[test]
fn values_are_those_of_the_definitions() {
    let of = |loss: Loss, outputs: &[f32], targets: &[f32]| {
        let targets = BatchTargets::Values(targets.to_vec().into());
        loss.evaluate(outputs, outputs.len(), &targets, None, None)
    };
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
    close(of(Loss::Mse, &[1.0, 3.0], &[0.0, 1.0]), 2.5);
    close(of(Loss::Mae, &[1.0, 3.0], &[0.0, 1.0]), 1.5);
    close(
        of(Loss::Huber { delta: 1.0 }, &[0.5, 3.0], &[0.0, 0.0]),
        (0.125 + 2.5) / 2.0,
    );
    close(of(Loss::BinaryCrossEntropy, &[0.0], &[1.0]), 2f64.ln());
    close(of(Loss::BinaryCrossEntropy, &[1000.0], &[0.0]), 1000.0);
    let classes = BatchTargets::Classes(vec![1]);
    let probability = Loss::CrossEntropy.evaluate(&[0.0, 3f32.ln()], 2, &classes, None, None);
    close(probability, (4.0f64 / 3.0).ln());
    // Outputs that would overflow without care.
    close(
        Loss::CrossEntropy.evaluate(&[1000.0, 0.0], 2, &classes, None, None),
        1000.0,
    );
}

#[test]
fn not_a_number_gives_not_a_number() {
    let values = BatchTargets::Values(vec![1.0].into());
    for loss in [
        Loss::BinaryCrossEntropy,
        Loss::Mse,
        Loss::Mae,
        Loss::Huber { delta: 1.0 },
    ] {
        let mut gradient = [0.0];
        let value = loss.evaluate(&[f32::NAN], 1, &values, None, Some(&mut gradient));
        assert!(value.is_nan() && gradient[0].is_nan(), "{loss:?}");
    }
}

#[test]
fn targets_that_do_not_fit_are_refused() {
    let message = |loss: Loss, data: &Data, output: &[usize]| {
        loss.check(data, "the data", output)
            .expect_err("it does not fit")
            .to_string()
    };
    let classes = Data::classes(vec![0u8; 3], [1], &[0u8, 1, 2]).unwrap();
    let values = Data::values(vec![0f32; 2], [1], vec![0.5, 1.5], 1).unwrap();
    assert!(message(Loss::CrossEntropy, &values, &[3]).contains("Data::classes"));
    assert!(message(Loss::CrossEntropy, &classes, &[2]).contains("class 2"));
    assert!(message(Loss::CrossEntropy, &classes, &[1, 3]).contains("flatten before"));
    assert!(message(Loss::Mae, &classes, &[3]).contains("Data::values"));
    assert!(message(Loss::BinaryCrossEntropy, &classes, &[1]).contains("class 2"));
    assert!(message(Loss::BinaryCrossEntropy, &values, &[1]).contains("1.5"));
    assert!(message(Loss::Mse, &values, &[2]).contains("1 target value an example"));
    // What a part leaves out does not count.
    let part = classes.select(&[1, 0]).unwrap();
    assert!(
        Loss::BinaryCrossEntropy
            .check(&part, "the data", &[1])
            .is_ok()
    );
    assert!(
        Loss::BinaryCrossEntropy
            .check(&values.take(1), "the data", &[1])
            .is_ok()
    );
    assert!(message(Loss::Huber { delta: 0.0 }, &values, &[1]).contains("delta"));
}
