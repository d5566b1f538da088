//! Trainings in processes that are killed: they go on from their last epoch, with the same bits.
#![cfg(all(feature = "dfdx", feature = "sqlite", unix))]
// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

// The generated code names `::tuner`.
extern crate tuner_runtime as tuner;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tuner::sampler::Random;
use tuner::search::{Execution, Progress, Tuner};
use tuner::space::tunable;
use tuner::train::{
    Activation, Adam, Data, EpochMetrics, Fit, History, Metric, Sequential, TrainError,
};
use tuner::trial::Objective;

const FOLDER: &str = "TUNER_TEST_TRAINING";
const EPOCHS: u64 = 6;
const TRIALS: u64 = 2;
const KILLS: u64 = 5;

#[tunable]
#[derive(Debug)]
struct Net {
    #[hp(int = 4..=32, step = 4)]
    units: usize,
}

impl Net {
    /// Trains with shuffling, dropout and moments, notes each epoch by a byte in the file `epochs`,
    /// and stores the weights at the end.
    fn train(&self, run: &mut Execution, folder: &Path) -> Result<History, TrainError> {
        let inputs: Vec<f32> = (0..160)
            .map(|i| (i * 37 % 160) as f32 / 40.0 - 2.0)
            .collect();
        let labels: Vec<u8> = inputs.iter().map(|x| u8::from(x.abs() > 1.0)).collect();
        let (train, validation) = Data::classes(inputs, [1], &labels)?.split(0.25)?;
        let net = Sequential::input([1])
            .dense(self.units, Activation::Relu)
            .dropout(0.2)
            .dense(2, Activation::Linear);
        let noted = folder.join("epochs");
        let note = move |_: &EpochMetrics| {
            let mut file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(&noted)
                .unwrap();
            file.write_all(b".").unwrap();
            // Time for the parent to strike.
            sleep(Duration::from_millis(15));
            ControlFlow::Continue(())
        };
        let fit = Fit::new(net)
            .optimizer(Adam::new(0.01))
            .metric(Metric::Accuracy)
            .batch_size(8)
            .epochs(EPOCHS)
            .callback(note);
        let mut trained = fit.run_trained(run, &train, &validation)?;
        trained.network.save(&weights(folder, run.number()))?;
        Ok(trained.history)
    }
}

fn weights(folder: &Path, trial: u64) -> PathBuf {
    folder.join(format!("trial-{trial}.safetensors"))
}

fn epochs(folder: &Path) -> u64 {
    fs::metadata(folder.join("epochs")).map_or(0, |file| file.len())
}

fn search(folder: &Path) -> Tuner<Net> {
    let mut tuner = Tuner::<Net>::builder()
        .sampler(Random::new())
        .objective(Objective::minimize("val_loss"))
        .max_trials(TRIALS)
        .seed(3)
        .directory(folder)
        .project_name("net")
        .progress(Progress::Silent)
        .build()
        .unwrap();
    tuner
        .search(|run: &mut Execution, net: Net| net.train(run, folder))
        .unwrap();
    tuner
}

#[test]
#[ignore = "the other test runs it in processes of its own"]
fn child() {
    search(Path::new(&std::env::var(FOLDER).unwrap()));
}

fn spawn(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--ignored"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_training_goes_on_from_its_last_epoch_with_the_same_bits() {
    let (calm, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (calm, broken) = (calm.path(), broken.path());
    let whole = search(calm);
    assert_eq!(epochs(calm), TRIALS * EPOCHS);
    for _ in 0..KILLS {
        let (mut process, before) = (spawn(broken), epochs(broken));
        let start = Instant::now();
        // The first of two epochs is in a checkpoint when the second one is noted.
        while epochs(broken) < before + 2 && process.try_wait().unwrap().is_none() {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "nothing is trained"
            );
            sleep(Duration::from_millis(1));
        }
        // SIGKILL: the process has no say in it.
        process.kill().unwrap();
        process.wait().unwrap();
    }
    assert!(
        epochs(broken) >= KILLS,
        "the processes died of something else"
    );
    assert!(spawn(broken).wait().unwrap().success());
    // A kill costs the running epoch, no more.
    let again = epochs(broken) - TRIALS * EPOCHS;
    assert!(again <= KILLS, "{again} epochs were trained twice");
    let resumed = search(broken);
    for (resumed, whole) in resumed.study().trials().iter().zip(whole.study().trials()) {
        assert_eq!(resumed.values, whole.values);
        assert_eq!(resumed.executions[0].curve, whole.executions[0].curve);
        assert!(resumed.executions[0].failures.is_empty());
        let file = |folder| fs::read(weights(folder, whole.number)).unwrap();
        assert!(
            file(broken) == file(calm),
            "weights of trial {}",
            whole.number
        );
    }
}
