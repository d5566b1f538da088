//! Tests of the metrics of two classes, as the training loop reports them.

use super::tests::ring;
use super::*;
use crate::train::Activation;
use crate::train::data::BatchTargets;

fn fit() -> Fit {
    let net = Sequential::input([2])
        .dense(24, Activation::Relu)
        .dense(2, Activation::Linear);
    let fit = Fit::new(net).optimizer(Adam::new(0.01));
    fit.batch_size(16).epochs(12)
}

#[test]
fn metrics_of_two_classes_are_reported_and_watched() {
    let (training, validation) = ring(400).split(0.25).unwrap();
    let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
    let fit = Metric::ALL[4..]
        .iter()
        .fold(fit(), |fit, metric| fit.metric(*metric))
        .restore_best("val_auc");
    let mut trained = fit.train(1, &training, &validation, go).unwrap();
    let curve = trained.history.curve("val_auc");
    let best = curve.iter().copied().fold(0.0, f64::max);
    assert!(best > 0.9, "{curve:?}");
    // What a user computes from the outputs is what is reported.
    let measured = fit.evaluate(&mut trained.network, &validation).unwrap();
    let positions: Vec<usize> = (0..validation.len()).collect();
    let inputs = validation.batch_inputs(&positions);
    let outputs = trained.network.predict(&inputs).unwrap();
    let BatchTargets::Classes(labels) = validation.batch_targets(&positions) else {
        panic!("classes");
    };
    let count = |wanted: [bool; 2]| {
        let rows = outputs.chunks(2).zip(&labels);
        rows.filter(|(row, label)| [row[1] > row[0], **label == 1] == wanted)
            .count() as f64
    };
    let (hits, alarms, misses) = (
        count([true, true]),
        count([true, false]),
        count([false, true]),
    );
    let (precision, recall) = (hits / (hits + alarms), hits / (hits + misses));
    let expected = [
        ("precision", precision),
        ("recall", recall),
        ("f1_score", 2.0 / (1.0 / precision + 1.0 / recall)),
        ("auc", best),
    ];
    for ((name, value), (expected_name, expected)) in measured[1..].iter().zip(expected) {
        assert_eq!(name, expected_name);
        assert!((value - expected).abs() < 1e-12, "{name}");
    }
}

#[test]
fn metrics_of_two_classes_refuse_other_targets() {
    let points = || vec![0.0; 8];
    let refused = |fit: Fit, data: &Data| {
        let result = fit.train(1, data, None, &mut |_| ControlFlow::Continue(()));
        result.unwrap_err().to_string()
    };
    let net = || {
        Sequential::input([2])
            .dense(3, Activation::Linear)
            .dense(3, Activation::Linear)
    };
    let three = Data::classes(points(), [2], &[0u32, 1, 2, 1]).unwrap();
    let of_three = refused(Fit::new(net()).metric(Metric::Precision), &three);
    assert!(
        of_three.contains("precision is one of two classes"),
        "{of_three}"
    );
    let same = Data::classes(points(), [2], &[1u32; 4]).unwrap();
    let of_one = refused(fit().metric(Metric::Auc), &same);
    assert!(
        of_one.contains("all of the training data are of one"),
        "{of_one}"
    );
    let net = Sequential::input([2]).dense(1, Activation::Linear);
    let numbers = Data::values(points(), [2], [0.0, 0.1, 0.2, 0.3], 1).unwrap();
    let fit = Fit::new(net.clone()).loss(Loss::Mse).metric(Metric::Recall);
    assert!(refused(fit, &numbers).contains("Data::classes"));
    let fit = Fit::new(net).loss(Loss::BinaryCrossEntropy);
    let of_low = refused(fit.metric(Metric::Auc), &numbers);
    assert!(of_low.contains("are of one"), "{of_low}");
}
