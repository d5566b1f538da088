//! What one worker thread does: take a trial, run its executions, store what came of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::controls::{Controls, End};
use super::error::SearchError;
use super::execution::{Ending, Execution};
use super::outcome::Outcome;
use super::panic::{self, guarded};
use crate::sampler::SampleError;
use crate::space::Point;
use crate::study::{Asked, Core, Report, StudyError, finished, paused};
use crate::trial::{Event, Goal, Metrics, State};

/// How often a worker that has nothing to do looks whether there is.
const WAIT: Duration = Duration::from_millis(20);

/// How often the process may end that runs an execution, as for want of memory, before the execution has failed.
const LOST: u32 = 5;

/// Runs the user's program for a point.
pub(super) type Run<'a> = dyn Fn(&mut Execution, &Point) -> Result<Outcome, StudyError> + Sync + 'a;

/// One search, as its workers see it.
pub(super) struct Work<'a> {
    pub(super) core: &'a Arc<Core>,
    pub(super) controls: &'a Arc<Controls>,
    pub(super) executions_per_trial: u64,
    pub(super) max_retries_per_trial: u64,
    pub(super) directory: &'a (dyn Fn(u64, u64) -> PathBuf + Sync),
    /// Called after each trial that ends.
    pub(super) tidy: &'a (dyn Fn() + Sync),
    pub(super) run: &'a Run<'a>,
}

/// What comes after an execution.
enum After {
    /// The next one.
    Next,
    /// Nothing: the trial ended, or waits.
    Nothing,
    /// Nothing in this search: the trial is left to the next one.
    Left {
        /// The execution that was to run, or ran.
        execution: u64,
        /// How long it ran.
        seconds: f64,
    },
}

/// What an execution came to.
enum Ran {
    Finished(Metrics),
    Pruned(String),
    Paused,
    Failed(String),
    /// The search ends, the trial stays as it is.
    Left(Option<SearchError>),
}

impl Work<'_> {
    /// Runs trials until the search ends.
    pub(super) fn work(&self) {
        while !self.is_ending() {
            match self.core.ask_for_worker() {
                Ok(asked) => {
                    let number = asked.number;
                    let after = guarded(|| self.trial(asked)).unwrap_or_else(|fault| {
                        self.controls.end(Err(fault));
                        let (execution, seconds) = (0, 0.0);
                        After::Left { execution, seconds }
                    });
                    // Never one that was paused: another worker may have gone on with it by now.
                    if let After::Left { execution, seconds } = after
                        && let Err(fault) = self.core.release(number, execution, seconds)
                    {
                        self.controls.end(Err(fault.into()));
                    }
                    (self.tidy)();
                }
                // Other processes may run them, of which nobody tells.
                Err(StudyError::Waiting { .. }) => {
                    std::thread::sleep(WAIT);
                    if let Err(fault) = self.core.refresh() {
                        self.controls.end(Err(fault.into()));
                    }
                }
                Err(StudyError::Complete { .. }) => self.controls.end(Ok(End::Trials)),
                Err(StudyError::Sample(SampleError::Exhausted { .. })) => {
                    self.controls.end(Ok(End::Exhausted));
                }
                Err(fault) => self.controls.end(Err(fault.into())),
            }
        }
    }

    fn is_ending(&self) -> bool {
        self.controls.check(&self.core.history());
        self.controls.is_ending()
    }

    fn trial(&self, asked: Asked) -> Result<After, SearchError> {
        let history = self.core.history();
        let before = history.trial(asked.number).map(|record| record.seconds());
        drop(history);
        // As if it had never been interrupted or paused.
        let before = Duration::try_from_secs_f64(before.unwrap_or(0.0)).unwrap_or_default();
        let now = Instant::now();
        let began = now.checked_sub(before).unwrap_or(now);
        for execution in 0..self.executions_per_trial {
            match self.execution(&asked, execution, began)? {
                After::Next => {}
                after => return Ok(after),
            }
        }
        // All were finished before, and the session ended just then.
        let history = self.core.history();
        let open = history
            .trial(asked.number)
            .is_some_and(|record| record.state == State::Running);
        drop(history);
        if open {
            self.conclude(asked.number, Vec::new())?;
        }
        Ok(After::Nothing)
    }

    /// Runs an execution until it ends for good.
    fn execution(
        &self,
        asked: &Asked,
        execution: u64,
        began: Instant,
    ) -> Result<After, SearchError> {
        let trial = asked.number;
        let done = |state| state == Some(State::Finished);
        let history = self.core.history();
        let record = history
            .trial(trial)
            .and_then(|record| record.execution(execution));
        if done(record.map(|run| run.state)) {
            return Ok(After::Next);
        }
        let lost = record.map_or(0, |run| run.lost);
        drop(history);
        if lost >= LOST {
            let message = format!("its process ended {lost} times while it ran");
            if !self.failed(trial, execution, message, 0.0)? {
                return Ok(After::Nothing);
            }
        }
        loop {
            if self.controls.must_stop() {
                let seconds = 0.0;
                return Ok(After::Left { execution, seconds });
            }
            let started = self.core.execution_started(trial, execution);
            self.core.on_trial(trial, |_| Ok(vec![started.clone()]))?;
            let start = Instant::now();
            let result = self.attempt(asked, execution, began)?;
            let seconds = start.elapsed().as_secs_f64();
            match result {
                Ran::Finished(metrics) => {
                    let finished = Event::ExecutionFinished {
                        trial,
                        execution,
                        metrics,
                        seconds,
                    };
                    if execution + 1 == self.executions_per_trial {
                        self.conclude(trial, vec![finished])?;
                        return Ok(After::Nothing);
                    }
                    self.core.on_trial(trial, |_| Ok(vec![finished.clone()]))?;
                    return Ok(After::Next);
                }
                Ran::Pruned(message) => {
                    let pruned = Event::ExecutionPruned {
                        trial,
                        execution,
                        message: message.clone(),
                        seconds,
                    };
                    let outcome = crate::trial::Outcome::Pruned { message };
                    let ended = finished(trial, outcome);
                    self.core
                        .on_trial(trial, |_| Ok(vec![pruned.clone(), ended.clone()]))?;
                    self.controls.trial_ended(None);
                    return Ok(After::Nothing);
                }
                Ran::Paused => {
                    let waits = paused(trial, execution, seconds);
                    self.core.on_trial(trial, |_| Ok(vec![waits.clone()]))?;
                    // It did not fail.
                    self.controls.trial_ended(None);
                    return Ok(After::Nothing);
                }
                Ran::Failed(message) => {
                    if !self.failed(trial, execution, message, seconds)? {
                        return Ok(After::Nothing);
                    }
                }
                Ran::Left(fault) => {
                    if let Some(fault) = fault {
                        self.controls.end(Err(fault));
                    }
                    return Ok(After::Left { execution, seconds });
                }
            }
        }
    }

    /// Stores a failure; whether the execution is tried again.
    fn failed(
        &self,
        trial: u64,
        execution: u64,
        message: String,
        seconds: f64,
    ) -> Result<bool, SearchError> {
        let mut again = false;
        self.core.on_trial(trial, |record| {
            let before: usize = record.executions.iter().map(|run| run.failures.len()).sum();
            again = (before as u64) < self.max_retries_per_trial;
            let mut events = vec![Event::ExecutionFailed {
                trial,
                execution,
                message: message.clone(),
                seconds,
            }];
            if !again {
                let message = message.clone();
                events.push(finished(trial, crate::trial::Outcome::Failed { message }));
            }
            Ok(events)
        })?;
        if !again {
            self.controls.trial_ended(Some(&message));
        }
        Ok(again)
    }

    /// Ends a trial with the mean over its executions, the last of which ends with `events`.
    fn conclude(&self, trial: u64, events: Vec<Event>) -> Result<(), SearchError> {
        self.core.on_trial(trial, |record| {
            let stored = record
                .executions
                .iter()
                .filter_map(|run| run.metrics.as_ref());
            let new = events.iter().filter_map(|event| match event {
                Event::ExecutionFinished { metrics, .. } => Some(metrics),
                _ => None,
            });
            let metrics = Metrics::mean(stored.chain(new));
            let outcome = crate::trial::Outcome::Finished { metrics };
            let ended = finished(trial, outcome);
            Ok(events.iter().cloned().chain([ended]).collect())
        })?;
        self.controls.trial_ended(None);
        Ok(())
    }

    /// Runs the user's program once and says what came of it.
    fn attempt(&self, asked: &Asked, execution: u64, began: Instant) -> Result<Ran, SearchError> {
        let trial = asked.number;
        let directory = (self.directory)(trial, execution);
        let mut run = Execution::new(self.core, self.controls, asked, execution, directory, began);
        // What the program leaves behind after a panic is its own; ours is changed in single steps.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(&mut run, &asked.point)));
        let outcome = match outcome {
            Ok(outcome) => outcome?,
            Err(panic) => Outcome::Failed(format!("panicked: {}", panic::message(panic))),
        };
        let goals = run.objectives().to_vec();
        let result = match (run.ending.take(), outcome) {
            (Some(ending @ (Ending::Broken(_) | Ending::Failed(_))), _) => Ok(ending.into()),
            (Some(ending), Outcome::Failed(_) | Outcome::Reported) => Ok(ending.into()),
            // The value of a run that was broken off is not what its configuration is worth.
            (Some(ending), _) if !run.went_on => Ok(ending.into()),
            (None, Outcome::Failed(_)) if run.was_told() => Ok(Ran::Left(None)),
            // A run that went on all the same has its result.
            (_, Outcome::Failed(message)) => Ok(Ran::Failed(message)),
            (_, Outcome::Result(report)) => report
                .into_metrics(&goals)
                .map(|metrics| checked(metrics, &goals)),
            (_, Outcome::Epochs(epochs)) => best_epoch(epochs, &goals),
            (_, Outcome::Reported) => {
                let reports = self.reported(trial, execution);
                best_epoch(self.solutions(reports), &goals)
            }
        };
        let result = result.and_then(|ran| {
            if let Ran::Finished(metrics) = &ran {
                run.check_constraints(metrics.names().map(|name| &**name))?;
            }
            Ok(ran)
        });
        Ok(result.unwrap_or_else(|fault| run.lacking(fault).into()))
    }

    /// The reports that keep the constraints; all of them where none does.
    fn solutions(&self, reports: Vec<(u64, Metrics)>) -> Vec<(u64, Metrics)> {
        let history = self.core.history();
        let constraints = &history.spec().constraints;
        let keeps = |(_, metrics): &(u64, Metrics)| {
            let mut missed = constraints.iter().map(|c| c.violation(metrics));
            missed.all(|violation| violation.is_some_and(|violation| violation <= 0.0))
        };
        match reports.iter().any(keeps) {
            true => reports.into_iter().filter(keeps).collect(),
            false => reports,
        }
    }

    fn reported(&self, trial: u64, execution: u64) -> Vec<(u64, Metrics)> {
        let history = self.core.history();
        let record = history
            .trial(trial)
            .and_then(|record| record.execution(execution));
        let Some(run) = record else {
            return Vec::new();
        };
        let rows = run.curve.steps().iter().enumerate();
        rows.map(|(row, &step)| (step, run.curve.metrics(row)))
            .collect()
    }
}

impl From<Ending> for Ran {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Pruned(message) => Self::Pruned(message),
            Ending::Paused => Self::Paused,
            Ending::Interrupted => Self::Left(None),
            Ending::Failed(message) => Self::Failed(message),
            Ending::Broken(fault) => Self::Left(Some(fault)),
        }
    }
}

/// The metrics of the best epoch by the first objective; the earliest of equals.
fn best_epoch(epochs: Vec<(u64, Metrics)>, goals: &[Goal]) -> Result<Ran, StudyError> {
    let goal = &goals[0];
    let mut best: Option<(f64, Metrics)> = None;
    for (step, metrics) in epochs {
        let Some(value) = metrics.get(&goal.name) else {
            let metrics = Report::Metrics(metrics).into_metrics(goals);
            return metrics.map(|metrics| checked(metrics, goals));
        };
        if !value.is_finite() {
            let message = format!("{} is {value} at step {step}", goal.name);
            return Ok(Ran::Failed(message));
        }
        if best
            .as_ref()
            .is_none_or(|(other, _)| goal.is_better(value, *other))
        {
            best = Some((value, metrics));
        }
    }
    Ok(match best {
        Some((_, metrics)) => checked(metrics, goals),
        None => Ran::Failed("the run returned no result and reported none".to_owned()),
    })
}

/// A result, unless an objective of it is no number.
fn checked(metrics: Metrics, goals: &[Goal]) -> Ran {
    for goal in goals {
        match metrics.get(&goal.name) {
            Some(value) if value.is_finite() => {}
            Some(value) => return Ran::Failed(format!("{} is {value}", goal.name)),
            None => return Ran::Failed(format!("{} was not measured", goal.name)),
        }
    }
    Ran::Finished(metrics)
}
