//! Training as an execution of a search.

use std::ops::ControlFlow;

use super::data::Data;
use super::error::TrainError;
use super::fit::session::Session;
use super::fit::{Fit, Trained};
use super::history::{EpochMetrics, History};
use super::kept::{Keeper, WEIGHTS};
use super::weights;
use crate::search::{Execution, IntoOutcome, Outcome};
use crate::trial::Metrics;

/// The checkpoint's name in the folder of its execution.
const CHECKPOINT: &str = "checkpoint.safetensors";

impl Fit {
    /// Trains a new network as one execution of a search, with its seed: every epoch is reported,
    /// and may be the last if the search says so; a run that was interrupted goes on from its last
    /// epoch. `validation` is a `&Data` or `None`.
    ///
    /// The history that comes back is a result that a search takes.
    ///
    /// # Errors
    /// Those of [`Fit::train`], and when the search stops the run. An objective that the training
    /// does not measure ends the search before the first step.
    pub fn run<'a>(
        &self,
        run: &mut Execution,
        train: &Data,
        validation: impl Into<Option<&'a Data>>,
    ) -> Result<History, TrainError> {
        self.run_trained(run, train, validation)
            .map(|trained| trained.history)
    }

    /// [`Fit::run`] that also gives the network.
    ///
    /// # Errors
    /// Those of [`Fit::run`].
    pub fn run_trained<'a>(
        &self,
        run: &mut Execution,
        train: &Data,
        validation: impl Into<Option<&'a Data>>,
    ) -> Result<Trained, TrainError> {
        let validation = validation.into();
        let names = self.metric_names(validation.is_some());
        if run.expect_objectives(&names).is_err() {
            return Err(TrainError::Stopped);
        }
        run.expect_steps(self.epochs);
        let checkpoint = run.directory().join(CHECKPOINT);
        let kept = run.directory().join(WEIGHTS);
        let goal = run.objectives()[0].clone();
        let seed = run.seed();
        let begin = || Session::new(self, seed, train, validation);
        let mut session = begin()?;
        // A checkpoint that a power cut or another program left is worth no failed trial.
        if checkpoint.exists() && session.resume(&checkpoint).is_err() {
            session = begin()?;
        }
        if session.has_epochs_left()
            && let Err(fault) = weights::prepare(&checkpoint)
        {
            run.abort(&fault);
            return Err(fault);
        }
        let mut stopped = false;
        let mut report = |epoch: &EpochMetrics| match run.report(epoch.epoch, epoch.metrics()) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => {
                stopped = true;
                ControlFlow::Break(())
            }
        };
        // The record of a run that begins again is empty.
        let earlier = session.progress.history.epochs.clone();
        session.keeper = Some(Keeper::new(kept, goal, &earlier));
        if earlier.iter().any(|epoch| report(epoch).is_break()) {
            return Err(TrainError::Stopped);
        }
        let result = session.run(Some(&checkpoint), &mut report);
        if let Err(fault @ TrainError::Checkpoint { .. }) = &result {
            // A full disk says nothing of the configuration.
            run.abort(fault);
        }
        match stopped {
            true => result.and(Err(TrainError::Stopped)),
            false => result,
        }
    }
}

impl EpochMetrics {
    /// The values as the metrics of a trial.
    pub fn metrics(&self) -> Metrics {
        let values = self.values.iter();
        values
            .map(|(name, value)| (name.as_str(), *value))
            .collect()
    }
}

impl IntoOutcome for History {
    fn into_outcome(self) -> Outcome {
        let epochs = self.epochs.iter();
        Outcome::Epochs(epochs.map(|epoch| (epoch.epoch, epoch.metrics())).collect())
    }
}

impl IntoOutcome for Trained {
    fn into_outcome(self) -> Outcome {
        self.history.into_outcome()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::pruner::{Hyperband, Pruner, Verdict};
    use crate::sampler::Random;
    use crate::search::{Progress, SearchError, Tuner, TunerBuilder};
    use crate::space::tunable;
    use crate::train::{Activation, Adam, Metric, Sequential};
    use crate::trial::{Objective, State, TrialRecord};

    #[tunable]
    #[derive(Debug, Clone)]
    struct Net {
        #[hp(int = 4..=64, step = 4)]
        units: usize,
        #[hp(choice = [0.03, 0.01, 0.003])]
        rate: f64,
    }

    impl Net {
        fn fit(&self) -> Fit {
            let net = Sequential::input([1])
                .dense(self.units, Activation::Relu)
                .dense(2, Activation::Linear);
            let fit = Fit::new(net).optimizer(Adam::new(self.rate));
            fit.metric(Metric::Accuracy).batch_size(8).epochs(4)
        }
    }

    /// Whether a number is far from zero.
    fn data() -> Data {
        let inputs: Vec<f32> = (0..80).map(|i| (i * 37 % 80) as f32 / 20.0 - 2.0).collect();
        let labels: Vec<u8> = inputs.iter().map(|x| u8::from(x.abs() > 1.0)).collect();
        Data::classes(inputs, [1], &labels).unwrap()
    }

    fn tuner(objective: Objective) -> TunerBuilder<Net> {
        Tuner::<Net>::builder()
            .sampler(Random::new())
            .objective(objective)
            .max_trials(4)
            .seed(42)
            .progress(Progress::Silent)
    }

    fn records(builder: TunerBuilder<Net>) -> Vec<Arc<TrialRecord>> {
        let (train, validation) = data().split(0.25).unwrap();
        let mut tuner = builder.build().unwrap();
        tuner
            .search(|run, hp: Net| hp.fit().run(run, &train, &validation))
            .unwrap();
        tuner.study().trials()
    }

    #[test]
    fn every_epoch_is_kept_and_the_best_one_is_the_value() {
        for trial in records(tuner(Objective::maximize("val_accuracy")).executions_per_trial(2)) {
            assert_eq!(trial.state, State::Finished);
            let best = trial.executions.iter().map(|run| {
                assert_eq!(run.curve.steps(), [1, 2, 3, 4]);
                let values = run.curve.of("val_accuracy").map(|(_, value)| value);
                values.fold(f64::MIN, f64::max)
            });
            let mean = best.sum::<f64>() / 2.0;
            assert!((trial.value().unwrap() - mean).abs() < 1e-12);
        }
    }

    #[test]
    fn two_workers_find_the_same_numbers_as_one() {
        let run = |workers| {
            let found = records(tuner(Objective::minimize("val_loss")).workers(workers));
            let found = found.iter().map(|trial| {
                let curves = trial.executions.iter().map(|run| run.curve.clone());
                (
                    trial.point.clone(),
                    trial.values.clone(),
                    curves.collect::<Vec<_>>(),
                )
            });
            found.collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(2));
    }

    #[test]
    fn a_run_that_was_interrupted_goes_on_from_its_checkpoint() {
        let train = data();
        let calm = |crash: bool| {
            let attempts = AtomicUsize::new(0);
            let builder = tuner(Objective::minimize("loss")).max_trials(1);
            let mut tuner = builder.max_retries_per_trial(1).build().unwrap();
            tuner
                .search(|run, hp: Net| {
                    let dies = crash && attempts.fetch_add(1, Ordering::SeqCst) == 0;
                    let fit = hp.fit().callback(move |epoch| {
                        assert!(!dies || epoch.epoch < 3, "the process dies");
                        ControlFlow::Continue(())
                    });
                    fit.run(run, &train, None)
                })
                .unwrap();
            let trial = tuner.study().trials()[0].clone();
            let failures = trial.executions[0].failures.len();
            (
                failures,
                trial.executions[0].curve.clone(),
                trial.values.clone(),
            )
        };
        let (broken, whole) = (calm(true), calm(false));
        assert_eq!((broken.0, whole.0), (1, 0));
        assert_eq!((broken.1, broken.2), (whole.1, whole.2));
    }

    #[test]
    fn a_wrong_objective_ends_the_search_before_the_first_step() {
        let (train, steps) = (data(), AtomicUsize::new(0));
        let mut tuner = tuner(Objective::maximize("val_accuracy")).build().unwrap();
        let result = tuner.search(|run, hp: Net| {
            let fit = hp.fit().callback(|_| ControlFlow::Continue(()));
            let outcome = fit.run(run, &train, None);
            steps.fetch_add(usize::from(outcome.is_ok()), Ordering::SeqCst);
            outcome
        });
        assert!(
            matches!(result, Err(SearchError::WrongObjective(_))),
            "{result:?}"
        );
        assert_eq!(steps.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_diverging_network_fails_its_execution_with_a_message() {
        let train = data();
        let builder = tuner(Objective::minimize("loss")).max_trials(2);
        let mut tuner = builder.max_consecutive_failed_trials(9).build().unwrap();
        let ended = tuner.search(|run, hp: Net| {
            let fit = hp.fit().optimizer(Adam::new(1e38));
            fit.run(run, &train, None)
        });
        assert!(ended.is_ok(), "{ended:?}");
        for trial in tuner.study().trials() {
            let message = &trial.executions[0].failures[0];
            assert!(message.contains("diverged in epoch 1"), "{message}");
        }
    }

    #[test]
    fn weights_that_cannot_be_written_end_the_search_and_fail_no_trial() {
        let train = data();
        let mut tuner = tuner(Objective::minimize("loss"))
            .max_trials(2)
            .build()
            .unwrap();
        let blocked = std::sync::atomic::AtomicBool::new(true);
        let epochs = Arc::new(AtomicUsize::new(0));
        let mut search = || {
            let ended = tuner.search(|run, hp: Net| {
                // Where the checkpoint is written before it takes its place.
                let place = run.directory().join("checkpoint.tmp");
                if blocked.load(Ordering::SeqCst) {
                    let _ = std::fs::create_dir(&place);
                } else {
                    let _ = std::fs::remove_dir(&place);
                }
                let epochs = epochs.clone();
                let fit = hp.fit().callback(move |_| {
                    epochs.fetch_add(1, Ordering::SeqCst);
                    ControlFlow::Continue(())
                });
                fit.run(run, &train, None)
            });
            let states = tuner.study().trials();
            let states: Vec<State> = states.iter().map(|trial| trial.state).collect();
            (ended.map_err(|fault| fault.to_string()), states)
        };
        let (ended, states) = search();
        assert_eq!(epochs.load(Ordering::SeqCst), 0, "found before an epoch");
        let fault = ended.unwrap_err();
        assert!(
            fault.contains("trial 0 cannot go on: the checkpoint"),
            "{fault}"
        );
        assert_eq!(states, [State::Running]);
        blocked.store(false, Ordering::SeqCst);
        let (ended, states) = search();
        assert!(ended.is_ok(), "{ended:?}");
        assert_eq!(states, [State::Finished, State::Finished]);
    }

    /// Ends every trial after its second epoch.
    struct Second;

    impl Pruner for Second {
        fn name(&self) -> String {
            "second".to_owned()
        }

        fn judge(&self, trial: &TrialRecord, execution: u64, _: &crate::trial::History) -> Verdict {
            match trial.execution(execution).map(|run| run.curve.len()) {
                Some(2) => Verdict::Stop("second epoch".to_owned()),
                _ => Verdict::Continue,
            }
        }
    }

    #[test]
    fn a_promoted_run_goes_on_from_its_last_epoch() {
        let (train, validation) = data().split(0.25).unwrap();
        let epochs = Arc::new(AtomicUsize::new(0));
        let search = |builder: TunerBuilder<Net>| {
            let mut tuner = builder.max_trials(4).build().unwrap();
            let run = |run: &mut Execution, hp: Net| {
                let epochs = epochs.clone();
                let fit = hp.fit().callback(move |_| {
                    epochs.fetch_add(1, Ordering::SeqCst);
                    ControlFlow::Continue(())
                });
                fit.run(run, &train, &validation)
            };
            tuner.search(run).unwrap();
            (tuner.study().trials(), epochs.swap(0, Ordering::SeqCst))
        };
        let objective = || Objective::minimize("val_loss");
        let (whole, all) = search(tuner(objective()));
        let pruner = Hyperband::new(4).reduction(2);
        assert_eq!(pruner.brackets()[0], (1, 4));
        let (halved, few) = search(tuner(objective()).pruner(pruner));
        // Four to the first epoch, two of them to the second, one to the fourth.
        assert_eq!((all, few), (16, 4 + 2 + 2));
        for (trial, whole) in halved.iter().zip(&whole) {
            let curves = (&trial.executions[0].curve, &whole.executions[0].curve);
            for row in 0..curves.0.len() {
                assert_eq!(curves.0.metrics(row), curves.1.metrics(row));
            }
            let state = match curves.0.len() {
                4 => State::Finished,
                _ => State::Pruned,
            };
            assert_eq!(trial.state, state);
        }
    }

    #[test]
    fn a_pruned_run_ends_at_once() {
        for trial in records(tuner(Objective::minimize("val_loss")).pruner(Second)) {
            assert_eq!(trial.state, State::Pruned);
            assert_eq!(trial.executions[0].curve.len(), 2);
            assert_eq!(trial.value(), None);
        }
    }
}
