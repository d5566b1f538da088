//! Tests of [`Data`].

use super::*;

fn ten() -> Data {
    let inputs: Vec<f32> = (0..20).map(|value| value as f32).collect();
    Data::values(
        inputs,
        [2],
        (0..10).map(|v| v as f32).collect::<Vec<_>>(),
        1,
    )
    .unwrap()
}

fn targets(data: &Data) -> Vec<f32> {
    let positions: Vec<usize> = (0..data.len()).collect();
    match data.batch_targets(&positions) {
        BatchTargets::Values(values) => values.to_vec(),
        BatchTargets::Classes(_) => panic!("values expected"),
    }
}

#[test]
fn sizes_that_do_not_fit_are_named() {
    let error = Data::classes(vec![0u8; 11], [2, 2], &[0u8, 1, 0]).unwrap_err();
    assert!(error.to_string().contains("11 input values"), "{error}");
    let error = Data::classes(vec![0u8; 1], [2], &[0u8]).unwrap_err();
    let text = "1 input value cannot be 1 example of shape [2]";
    assert!(error.to_string().contains(text), "{error}");
    assert!(Data::values(vec![0f32; 4], [2], vec![1.0; 3], 2).is_err());
    assert!(Data::classes(Vec::<u8>::new(), [2], &[0u8; 0]).is_err());
    for shape in [vec![usize::MAX, 2], vec![0], vec![1 << 63, 2]] {
        let error = Data::values(vec![0f32; 4], shape, vec![1.0; 2], 1).unwrap_err();
        assert!(error.to_string().contains("4 input values"), "{error}");
    }
}

#[test]
fn bytes_become_numbers_between_zero_and_one() {
    let data = Data::classes(vec![0u8, 51, 255, 102], [2], &[1u32, 0]).unwrap();
    let batch = data.batch_inputs(&[1, 0]);
    let expected = [1.0, 0.4, 0.0, 0.2];
    for (value, expected) in batch.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-6);
    }
}

#[test]
fn a_split_keeps_the_order_and_loses_nothing() {
    let (training, validation) = ten().split(0.3).unwrap();
    assert_eq!(targets(&training), [0., 1., 2., 3., 4., 5., 6.]);
    assert_eq!(targets(&validation), [7., 8., 9.]);
    assert_eq!(targets(&validation.take(2)), [7., 8.]);
    for fraction in [0.0, 0.01, 0.99, 1.0, 1.5, 1e300, -1.0, f64::NAN] {
        assert!(ten().split(fraction).is_err(), "{fraction}");
    }
}

#[test]
fn every_example_is_validated_in_exactly_one_fold() {
    let folds = ten().k_fold(3, 5).unwrap();
    let mut validated: Vec<f32> = Vec::new();
    for (training, validation) in &folds {
        assert_eq!(training.len() + validation.len(), 10);
        let (training, validation) = (targets(training), targets(validation));
        assert!(validation.iter().all(|value| !training.contains(value)));
        validated.extend(validation);
    }
    validated.sort_by(f32::total_cmp);
    assert_eq!(validated, targets(&ten()));
    assert!(ten().k_fold(1, 0).is_err() && ten().k_fold(11, 0).is_err());
}

#[test]
fn parts_share_the_arrays() {
    let data = ten();
    let part = data.shuffled(1).select(&[3, 4]).unwrap();
    let (Inputs::Floats(whole), Inputs::Floats(part)) = (&data.inputs, &part.inputs) else {
        panic!("floats expected");
    };
    assert!(Arc::ptr_eq(whole, part));
    assert!(data.select(&[10]).is_err());
}

#[test]
fn weights_belong_to_the_examples_whatever_their_order() {
    let (_, part) = ten().split(0.3).unwrap();
    let weighted = part.weighted(&[0.5, 1.0, 2.0]).unwrap();
    let turned = weighted.select(&[2, 0]).unwrap();
    assert_eq!(turned.batch_weights(&[0, 1], None), Some(vec![2.0, 0.5]));
    assert_eq!(part.batch_weights(&[0], None), None);
    let last = weighted.take(2).split(0.5).unwrap().1;
    assert_eq!(last.batch_weights(&[0], None), Some(vec![1.0]));
    let twice = weighted.select(&[1, 1]).unwrap();
    let twice = twice
        .weighted(&[3.0, 4.0])
        .unwrap()
        .select(&[1, 0])
        .unwrap();
    assert_eq!(twice.batch_weights(&[0, 1], None), Some(vec![4.0, 3.0]));
    assert!(part.weighted(&[1.0]).is_err());
    assert!(part.weighted(&[1.0, -1.0, f32::NAN]).is_err());
    let classes = Data::classes(vec![0u8; 3], [1], &[0u8, 1, 1]).unwrap();
    let classes = classes.weighted(&[1.0, 2.0, 3.0]).unwrap();
    assert_eq!(
        classes.batch_weights(&[0, 2], Some(&[5.0, 10.0])),
        Some(vec![5.0, 30.0])
    );
}

#[test]
fn the_fingerprint_sees_each_example() {
    let count = 1000;
    let inputs: Vec<u8> = (0..count * 3).map(|value| (value % 251) as u8).collect();
    let labels: Vec<u8> = (0..count).map(|value| (value % 10) as u8).collect();
    let of = |inputs: &[u8], labels: &[u8]| {
        let data = Data::classes(inputs.to_vec(), [3], labels).unwrap();
        data.fingerprint()
    };
    let whole = of(&inputs, &labels);
    assert_eq!(whole, of(&inputs, &labels));
    for position in [0, 1, 17, 501, count - 1] {
        let mut corrected = labels.clone();
        corrected[position] ^= 1;
        assert_ne!(of(&inputs, &corrected), whole, "label {position}");
        let mut corrected = inputs.clone();
        corrected[position * 3 + 2] ^= 1;
        assert_ne!(of(&corrected, &labels), whole, "input {position}");
    }
    let data = Data::classes(inputs, [3], &labels).unwrap();
    assert_ne!(data.shuffled(1).fingerprint(), whole);
    // A part is what it holds, wherever its arrays are.
    let part = data.select(&(0..500).collect::<Vec<_>>()).unwrap();
    assert_eq!(part.fingerprint(), data.take(500).fingerprint());
    let mut weights = vec![1.0; count];
    let weighted = data.weighted(&weights).unwrap();
    weights[501] = 2.0;
    let other = data.weighted(&weights).unwrap();
    assert_ne!(weighted.fingerprint(), other.fingerprint());
    assert_eq!(
        weighted.take(500).fingerprint(),
        other.take(500).fingerprint()
    );
}
