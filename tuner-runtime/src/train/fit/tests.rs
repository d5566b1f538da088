//! Tests of the training loop.

use super::*;
use crate::math::rng::Rng;
use crate::train::Activation;

/// Points in the plane, of class 1 inside a ring.
pub(super) fn ring(count: usize) -> Data {
    let mut rng = Rng::new(9);
    let points: Vec<f32> = (0..2 * count).map(|_| rng.normal() as f32).collect();
    let inside = |point: &[f32]| u32::from(point[0].powi(2) + point[1].powi(2) < 1.4);
    let labels: Vec<u32> = points.chunks(2).map(inside).collect();
    Data::classes(points, [2], &labels).unwrap()
}

fn fit(rate: f64) -> Fit {
    let net = Sequential::input([2])
        .dense(24, Activation::Relu)
        .dense(2, Activation::Linear);
    let fit = Fit::new(net).optimizer(Adam::new(rate));
    fit.metric(Metric::Accuracy).batch_size(16).epochs(12)
}

fn weights(mut trained: Trained) -> Vec<u32> {
    let mut bits = Vec::new();
    let network = &mut trained.network;
    network.visit(&mut |_, p| bits.extend(p.values().iter().map(|w| w.to_bits())));
    bits
}

#[test]
fn a_ring_is_learnt() {
    let data = ring(600);
    let (training, validation) = data.split(0.2).unwrap();
    let mut seen = Vec::new();
    let trained = fit(0.01).train(1, &training, &validation, &mut |epoch| {
        seen.push(epoch.epoch);
        ControlFlow::Continue(())
    });
    let trained = trained.unwrap();
    assert_eq!(seen, (1..=12).collect::<Vec<_>>());
    let accuracy = trained.history.curve("val_accuracy");
    assert!(*accuracy.last().unwrap() > 0.9, "{accuracy:?}");
    let losses = trained.history.curve("loss");
    assert!(losses.last() < losses.first(), "{losses:?}");
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_thread() {
    let run = |seed| {
        let data = ring(100);
        weights(
            fit(0.01)
                .train(seed, &data, None, &mut |_| ControlFlow::Continue(()))
                .unwrap(),
        )
    };
    let here = run(7);
    let threads: Vec<_> = (0..3).map(|_| std::thread::spawn(move || run(7))).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), here);
    }
    assert_ne!(run(8), here);
}

#[test]
fn validation_changes_nothing_in_the_weights() {
    let data = ring(100);
    let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
    let without = weights(fit(0.01).train(7, &data, None, go).unwrap());
    let with = weights(fit(0.01).train(7, &data, &data.take(30), go).unwrap());
    assert_eq!(without, with);
}

#[test]
fn a_diverged_network_is_an_error_of_its_epoch() {
    let data = ring(100);
    let mut epochs = 0;
    let error = fit(1e38).train(1, &data, None, &mut |_| {
        epochs += 1;
        ControlFlow::Continue(())
    });
    let message = error.unwrap_err().to_string();
    assert!(message.contains("diverged in epoch 1"), "{message}");
    assert_eq!(epochs, 0);
}

#[test]
fn divergence_is_found_at_its_batch() {
    // The last of many batches diverges alone when all before it agree with the network.
    let data = Data::values(vec![1.0f32; 400], [1], vec![1e30f32; 400], 1).unwrap();
    let net = Sequential::input([1]).dense(1, Activation::Linear);
    let fit = Fit::new(net).loss(Loss::Mse).optimizer(Adam::new(1e30));
    let error = fit
        .batch_size(1)
        .train(1, &data, None, &mut |_| ControlFlow::Continue(()));
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("diverged in epoch 1: the loss of batch"),
        "{message}"
    );
}

#[test]
fn a_loss_that_is_not_finite_at_once_is_not_blamed_on_the_learning_rate() {
    let mut rng = Rng::new(9);
    let draw = |_| {
        if rng.below(2) == 0 {
            f32::MAX
        } else {
            f32::MIN
        }
    };
    let inputs: Vec<f32> = (0..400).map(draw).collect();
    let data = Data::values(inputs, [10], vec![1.0f32; 40], 1).unwrap();
    let net = Sequential::input([10]).dense(1, Activation::Linear);
    let fit = Fit::new(net).loss(Loss::Mse);
    let error = fit.train(1, &data, None, &mut |_| ControlFlow::Continue(()));
    let message = error.unwrap_err().to_string();
    assert!(message.contains("before the first step"), "{message}");
}

#[test]
fn numbers_that_the_data_should_not_hold_are_named_by_example() {
    let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
    let good = ring(60);
    let mut points = vec![0.5f32; 120];
    points[77] = f32::NAN;
    let bad = Data::classes(points, [2], &[0u8; 60]).unwrap();
    let mut message = |train: &Data, validation: &Data| {
        let error = fit(0.01).train(1, train, validation, go).unwrap_err();
        error.to_string()
    };
    let text = message(&bad, &good);
    assert!(text.contains("example 38 of the training data"), "{text}");
    let text = message(&good, &bad);
    assert!(text.contains("example 38 of the validation data"), "{text}");
}

#[test]
fn faulty_validation_data_is_called_that() {
    let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
    let good = ring(20);
    let mut message = |fit: &Fit, train: &Data, validation: &Data| {
        let error = fit.train(1, train, validation, go).unwrap_err();
        error.to_string()
    };
    let classes = Data::classes(vec![0f32; 6], [2], &[0u8, 1, 7]).unwrap();
    let text = message(&fit(0.1), &good, &classes);
    let named = "the validation data holds class 7 (example 2, counted from 0)";
    assert!(text.starts_with(named), "{text}");
    let text = message(&fit(0.1), &classes, &good);
    assert!(
        text.starts_with("the training data holds class 7"),
        "{text}"
    );
    let text = message(&fit(0.1), &good, &good.take(0));
    assert_eq!(text, "the validation data holds no example");
    let wide = Data::classes(vec![0f32; 6], [3], &[0u8, 1]).unwrap();
    let text = message(&fit(0.1), &good, &wide);
    assert!(
        text.starts_with("the inputs of the validation data"),
        "{text}"
    );
    let net = Sequential::input([2]).dense(1, Activation::Linear);
    let binary = Fit::new(net).loss(Loss::BinaryCrossEntropy);
    let values = |targets: [f32; 2]| Data::values(vec![0f32; 4], [2], targets.to_vec(), 1).unwrap();
    let text = message(&binary, &values([0.0, 1.0]), &values([0.0, 1.5]));
    let named = "the validation data holds 1.5 (example 1, counted from 0)";
    assert!(text.contains(named), "{text}");
}

#[test]
fn accuracy_of_several_yes_or_no_questions() {
    let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
    let inputs: Vec<f32> = (0..80).map(|i| i as f32 / 40.0 - 1.0).collect();
    let answers = |x: &f32| [f32::from(*x > 0.0), f32::from(*x < 0.5)];
    let targets: Vec<f32> = inputs.iter().flat_map(answers).collect();
    let data = Data::values(inputs, [1], targets, 2).unwrap();
    let net = Sequential::input([1]).dense(2, Activation::Linear);
    let fit = Fit::new(net)
        .optimizer(Adam::new(0.1))
        .metric(Metric::Accuracy);
    let fit = fit.batch_size(8).epochs(30);
    let trained = fit
        .clone()
        .loss(Loss::BinaryCrossEntropy)
        .train(1, &data, None, go);
    let last = trained.unwrap().history.curve("accuracy")[29];
    assert!(last > 0.95, "{last}");
    // What is right is only known when the outputs are answers.
    let error = fit.loss(Loss::Mse).train(1, &data, None, go).unwrap_err();
    assert!(error.to_string().contains("accuracy"), "{error}");
}

#[test]
fn a_profile_holds_every_part() {
    let data = ring(60);
    let trained = fit(0.01).train(1, &data, &data, &mut |_| ControlFlow::Continue(()));
    let profile = trained.unwrap().profile;
    for part in [
        "batches",
        "1.dense forward",
        "1.dense backward",
        "2.dense backward",
        "loss and metrics",
        "optimiser",
        "validation",
    ] {
        assert!(profile.seconds(part) > Some(0.0), "{part}: {profile:?}");
    }
}

#[test]
fn breaking_ends_the_training() {
    let trained = fit(0.01).train(1, &ring(50), None, &mut |_| ControlFlow::Break(()));
    assert_eq!(trained.unwrap().history.epochs.len(), 1);
}

#[test]
fn what_does_not_fit_is_refused_before_training() {
    let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
    let mut message =
        |fit: &Fit, data: &Data| fit.train(1, data, None, go).unwrap_err().to_string();
    let data = ring(20);
    assert!(message(&fit(0.0), &data).contains("learning rate is 0"));
    assert!(message(&fit(0.1).batch_size(0), &data).contains("batch size is 0"));
    assert!(message(&fit(0.1).epochs(0), &data).contains("epochs is 0"));
    let wrong = Data::classes(vec![0f32; 6], [3], &[0u8, 1]).unwrap();
    assert!(message(&fit(0.1), &wrong).contains("shape [3], the network takes [2]"));
    let classes = Data::classes(vec![0f32; 4], [2], &[0u8, 7]).unwrap();
    assert!(message(&fit(0.1), &classes).contains("class 7"));
    let numbers = Data::values(vec![0f32; 4], [2], vec![0.0, 1.0], 1).unwrap();
    assert!(message(&fit(0.1), &numbers).contains("Data::classes"));
    assert!(message(&fit(0.1), &data.take(0)).contains("no example"));
    let weighted = fit(0.1).loss(Loss::Mse).class_weights([1.0]);
    assert!(message(&weighted, &numbers).contains("class weights need classes"));
}

/// All that [`Fit`] can do at once, so that a checkpoint must hold all of it.
fn rich() -> Fit {
    let net = Sequential::input([2])
        .dense(16, Activation::Tanh)
        .dropout(0.2)
        .dense(2, Activation::Linear);
    Fit::new(net)
        .optimizer(Adam::new(0.02))
        .schedule(Schedule::Cosine { floor: 0.1 })
        .plateau(Plateau::new("val_loss").patience(2).least_gain(0.05))
        .restore_best("val_accuracy")
        .metric(Metric::Accuracy)
        .clip_norm(1.0)
        .class_weights([1.0, 1.5])
        .epochs(8)
}

#[test]
fn a_training_that_was_killed_ends_with_the_same_bits() {
    let (training, validation) = ring(200).split(0.25).unwrap();
    let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
    let whole = rich().train(3, &training, &validation, go).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("checkpoint.safetensors");
    // Stopped from outside after the first epoch, then the process dies, one time after the other,
    // in the third, the fourth and the seventh epoch.
    let stop = &mut |_: &EpochMetrics| ControlFlow::Break(());
    rich()
        .train_resumable(3, &training, &validation, &file, stop)
        .unwrap();
    for last in [3, 4, 7] {
        let crash = std::panic::catch_unwind(|| {
            let die = &mut |epoch: &EpochMetrics| {
                assert!(epoch.epoch < last, "killed");
                ControlFlow::Continue(())
            };
            rich().train_resumable(3, &training, &validation, &file, die)
        });
        assert!(crash.is_err());
    }
    let mut seen = Vec::new();
    let resumed = rich().train_resumable(3, &training, &validation, &file, &mut |epoch| {
        seen.push(epoch.epoch);
        ControlFlow::Continue(())
    });
    let resumed = resumed.unwrap();
    assert_eq!(seen, [7, 8]);
    let values = |trained: &Trained| -> Vec<_> {
        let epochs = trained.history.epochs.iter();
        epochs.map(|epoch| epoch.values.clone()).collect()
    };
    assert_eq!(values(&resumed), values(&whole));
    assert_eq!(weights(resumed), weights(whole));
}

#[test]
fn a_checkpoint_of_another_training_or_a_broken_one_is_refused() {
    let data = ring(50);
    let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("checkpoint.safetensors");
    fit(0.01)
        .train_resumable(1, &data, None, &file, go)
        .unwrap();
    let other = fit(0.02).train_resumable(1, &data, None, &file, go);
    assert!(other.unwrap_err().to_string().contains("other settings"));
    // As many examples, but others.
    let shuffled = fit(0.01).train_resumable(1, &data.shuffled(5), None, &file, go);
    assert!(shuffled.unwrap_err().to_string().contains("other settings"));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&file, bytes).unwrap();
    let error = fit(0.01)
        .train_resumable(1, &data, None, &file, go)
        .unwrap_err();
    assert!(
        error.to_string().contains("checkpoint.safetensors"),
        "{error}"
    );
}

#[test]
fn the_difference_to_a_checkpoint_is_named() {
    let (data, other) = (ring(50), ring(40));
    let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("checkpoint.safetensors");
    rich().train_resumable(1, &data, &data, &file, go).unwrap();
    let mut message = |fit: Fit, seed: u64, validation: &Data| {
        let error = fit.train_resumable(seed, &data, validation, &file, go);
        error.unwrap_err().to_string()
    };
    let text = message(rich().epochs(12), 1, &data);
    let named = "or seed: `epochs` is 12, and was 8. To go on, train with those";
    assert!(text.contains(named), "{text}");
    assert!(text.ends_with("to start anew"), "{text}");
    let text = message(rich().restore_best("val_loss").batch_size(9), 2, &other);
    let named = r#": `batch_size` is 9, and was 32; `restore_best` is Some("val_loss"), and was Some("val_accuracy"); `seed` is 2, and was 1; the validation data is not the same."#;
    assert!(text.contains(named), "{text}");
    let mut wide = rich();
    wide.net = Sequential::input([2]).dense(2, Activation::Linear);
    let text = message(wide, 1, &data);
    assert!(text.contains(": `net` is another one. To"), "{text}");
}

#[test]
fn the_folder_of_a_checkpoint_is_made_or_missed_before_the_first_epoch() {
    let data = ring(50);
    let directory = tempfile::tempdir().unwrap();
    let mut epochs = 0;
    let mut train = |file: &Path| {
        let mut count = |_: &EpochMetrics| {
            epochs += 1;
            ControlFlow::Break(())
        };
        let trained = fit(0.01).train_resumable(1, &data, None, file, &mut count);
        (trained.map(drop).map_err(|error| error.to_string()), epochs)
    };
    let folder = directory.path().join("runs").join("ring");
    let file = folder.join("checkpoint.safetensors");
    assert_eq!(train(&file), (Ok(()), 1));
    assert!(file.exists());
    // A training that goes on has to write too: here a folder is where it writes first.
    let beside = file.with_extension("tmp");
    std::fs::create_dir(&beside).unwrap();
    // A file is no folder, and a folder is no file.
    for place in [file.clone(), file.join("checkpoint.safetensors"), folder] {
        let (ended, epochs) = train(&place);
        let text = ended.unwrap_err();
        assert!(text.contains("; name a file that"), "{text}");
        assert_eq!(epochs, 1, "{text}");
    }
}

#[test]
fn early_stopping_ends_and_the_best_weights_return() {
    let (training, validation) = ring(120).split(0.5).unwrap();
    let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
    let stopping = EarlyStopping::new("val_loss").patience(3);
    let fit = fit(0.1)
        .early_stopping(stopping)
        .restore_best("val_loss")
        .epochs(200);
    let mut trained = fit.train(1, &training, &validation, go).unwrap();
    let curve = trained.history.curve("val_loss");
    assert!(curve.len() < 200, "it never stopped");
    let best = curve.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(curve[curve.len() - 4], best);
    let measured = fit.evaluate(&mut trained.network, &validation).unwrap();
    assert_eq!(measured[0], ("loss".to_owned(), best));
    let unknown = fit
        .restore_best("val_auc")
        .train(1, &training, &validation, go);
    assert!(unknown.unwrap_err().to_string().contains("val_auc"));
}

#[test]
fn callbacks_end_the_training() {
    let fit = fit(0.01).callback(|epoch| match epoch.epoch {
        3 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let trained = fit.train(1, &ring(50), None, &mut |_| ControlFlow::Continue(()));
    assert_eq!(trained.unwrap().history.epochs.len(), 3);
}

#[test]
fn class_weights_move_the_decision() {
    let data = ring(300);
    let positions: Vec<usize> = (0..300).collect();
    let share = |weights: [f32; 2]| {
        let fit = fit(0.01).class_weights(weights).epochs(3);
        let mut network = fit
            .train(1, &data, None, &mut |_| ControlFlow::Continue(()))
            .unwrap()
            .network;
        let outputs = network.predict(&data.batch_inputs(&positions)).unwrap();
        outputs.chunks(2).filter(|row| row[1] > row[0]).count()
    };
    assert!(share([1.0, 20.0]) > 2 * share([20.0, 1.0]).max(1));
    let wrong = fit(0.01).class_weights([1.0]);
    assert!(
        wrong
            .train(1, &data, None, &mut |_| ControlFlow::Continue(()))
            .is_err()
    );
}
