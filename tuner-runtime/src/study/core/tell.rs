//! What came of a trial: reports, results, failures, notes.

use std::sync::Arc;

use serde_json::Value as Json;

use super::super::error::StudyError;
use super::super::report::{Report, check_constraints};
use super::{Core, lock, now};
use crate::math::rng::{Purpose, Rng};
use crate::pruner::Verdict;
use crate::storage::{Guard, StorageError, session_of};
use crate::trial::{Event, Experience, History, Metrics, Outcome, State, TrialRecord};

impl Core {
    /// Stores what `tell` answers to the trial as it stands, while this session runs it.
    ///
    /// # Errors
    /// When the trial has ended, another session runs it, or the study is about something else by now.
    pub fn on_trial(
        &self,
        number: u64,
        mut tell: impl FnMut(&TrialRecord) -> Result<Vec<Event>, StudyError>,
    ) -> Result<(), StudyError> {
        self.on_own(number, |history, record| {
            self.refuse_if_changed(history)?;
            tell(record)
        })
    }

    fn on_own(
        &self,
        number: u64,
        mut tell: impl FnMut(&History, &TrialRecord) -> Result<Vec<Event>, StudyError>,
    ) -> Result<(), StudyError> {
        let mut is_fresh = false;
        loop {
            let history = self.history();
            let record = match self.own_trial(&history, number) {
                Ok(record) => record,
                Err(fault @ StudyError::Ended { .. }) => return Err(fault),
                Err(fault) if is_fresh => return Err(fault),
                // Others may have begun it, gone on with it or ended it since.
                Err(_) => {
                    drop(history);
                    self.refresh()?;
                    is_fresh = true;
                    continue;
                }
            };
            let events = tell(&history, record)?;
            let guard = Guard::Trial(number, history.seq());
            drop(history);
            match self.commit(guard, &events) {
                Ok(()) => {
                    // Not one that was paused: another thread may have gone on with it by now.
                    let ends = |event: &Event| matches!(event, Event::TrialFinished { .. });
                    if events.iter().any(ends) {
                        lock(&self.active).remove(&number);
                    }
                    self.show(&events);
                    return Ok(());
                }
                // Whoever wrote made progress: this ends.
                Err(StudyError::Storage(StorageError::Conflict)) => self.refresh()?,
                Err(fault) => return Err(fault),
            }
        }
    }

    /// A trial that this session runs.
    fn own_trial<'h>(
        &self,
        history: &'h History,
        number: u64,
    ) -> Result<&'h TrialRecord, StudyError> {
        let Some(record) = history.trial(number) else {
            let count = history.trials().len();
            return Err(StudyError::NoTrial { number, count });
        };
        match record.state {
            State::Running if session_of(&record.owner) == &*self.session => Ok(record),
            State::Running => {
                let is_alive = self.storage.is_alive(&record.owner);
                let owner = record.owner.clone();
                let owner = Some(owner).filter(|_| is_alive).unwrap_or_default();
                Err(StudyError::Owned { number, owner })
            }
            State::Paused => Err(StudyError::Paused { number }),
            state => Err(StudyError::Ended { number, state }),
        }
    }

    /// Ends a trial that was asked for with its result. A result that is NaN or infinite makes it failed.
    ///
    /// # Errors
    /// When the trial has ended before, or the result lacks an objective or a metric that a constraint is on.
    pub fn tell(&self, number: u64, result: impl Into<Report>) -> Result<(), StudyError> {
        let history = self.history();
        let metrics = result.into().into_metrics(history.goals())?;
        let bad = history.goals().iter().find_map(|goal| {
            let value = metrics.get(&goal.name)?;
            (!value.is_finite()).then(|| format!("{} is {value}", goal.name))
        });
        let names = metrics.names().map(|name| &**name);
        let lacking = check_constraints(&history.spec().constraints, names);
        // Held any longer, it would have to be copied to take the events in.
        drop(history);
        if let Some(message) = bad {
            return self.fail(number, message);
        }
        lacking?;
        self.on_trial(number, |record| {
            Ok(vec![
                Event::ExecutionFinished {
                    trial: number,
                    execution: 0,
                    metrics: metrics.clone(),
                    seconds: seconds_since(record.since),
                },
                finished(
                    number,
                    Outcome::Finished {
                        metrics: metrics.clone(),
                    },
                ),
            ])
        })
    }

    /// Ends a trial without a result.
    ///
    /// # Errors
    /// When the trial has ended before.
    pub fn fail(&self, number: u64, message: impl Into<String>) -> Result<(), StudyError> {
        let message = message.into();
        self.on_trial(number, |record| {
            let run = seconds_by_hand(record).map(|seconds| Event::ExecutionFailed {
                trial: number,
                execution: 0,
                message: message.clone(),
                seconds,
            });
            let message = message.clone();
            let ended = finished(number, Outcome::Failed { message });
            Ok(run.into_iter().chain([ended]).collect())
        })
    }

    /// Ends a trial early. It has no result.
    ///
    /// # Errors
    /// When the trial has ended before.
    pub fn prune(&self, number: u64, message: impl Into<String>) -> Result<(), StudyError> {
        let message = message.into();
        self.on_trial(number, |record| {
            let run = seconds_by_hand(record).map(|seconds| Event::ExecutionPruned {
                trial: number,
                execution: 0,
                message: message.clone(),
                seconds,
            });
            let message = message.clone();
            let ended = finished(number, Outcome::Pruned { message });
            Ok(run.into_iter().chain([ended]).collect())
        })
    }

    /// Lets a trial wait, as [`Verdict::Pause`] asks: it has ended unless a later [`Core::ask`] goes on with it.
    ///
    /// # Errors
    /// When the trial has ended before, or waits already.
    pub fn pause(&self, number: u64) -> Result<(), StudyError> {
        self.on_trial(number, |record| {
            Ok(vec![paused(number, 0, seconds_since(record.since))])
        })
    }

    /// Stores what an execution measured so far, and asks the pruner.
    ///
    /// # Errors
    /// When the trial has ended, or an objective is missing.
    pub fn report(
        &self,
        trial: u64,
        execution: u64,
        step: u64,
        report: impl Into<Report>,
    ) -> Result<Verdict, StudyError> {
        let metrics: Metrics = report.into().into_metrics(self.history().goals())?;
        self.on_trial(trial, |_| {
            Ok(vec![Event::Reported {
                trial,
                execution,
                step,
                metrics: metrics.clone(),
            }])
        })?;
        let Some(pruner) = &self.pruner else {
            return Ok(Verdict::Continue);
        };
        let history = self.history();
        Ok(match history.trial(trial) {
            Some(record) => pruner.judge(record, execution, &history),
            None => Verdict::Continue,
        })
    }

    /// Gives back a trial that has not ended: any session may resume it. `seconds` is how long this execution ran since it
    /// began. A trial that ended, waits, or is run by another session is left as it is.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn release(&self, number: u64, execution: u64, seconds: f64) -> Result<(), StudyError> {
        // Nobody here resumes it before it counts as left.
        let _one = lock(&self.deciding);
        let released = Event::TrialReleased {
            number,
            execution,
            seconds,
            at: now(),
        };
        let stored = self.on_own(number, |_, _| Ok(vec![released.clone()]));
        lock(&self.active).remove(&number);
        match stored {
            Err(
                StudyError::Ended { .. } | StudyError::Paused { .. } | StudyError::Owned { .. },
            ) => Ok(()),
            stored => stored,
        }
    }

    /// Notes something about a trial, or about the study; null removes the note.
    ///
    /// # Errors
    /// When there is no such trial, or the study keeps something of its own by that name (`warm_start`).
    pub fn set_attribute(
        &self,
        trial: Option<u64>,
        name: impl Into<Arc<str>>,
        value: impl Into<Json>,
    ) -> Result<(), StudyError> {
        let count = self.history().trials().len();
        if let Some(number) = trial.filter(|&number| number >= count as u64) {
            return Err(StudyError::NoTrial { number, count });
        }
        let (name, value) = (name.into(), value.into());
        if trial.is_none() && &*name == Experience::NOTE {
            return Err(StudyError::ReservedNote { name });
        }
        self.commit(Guard::None, &[Event::AttributeSet { trial, name, value }])
    }

    /// The seed of an execution, which follows from the study's seed and nothing else.
    pub fn execution_seed(&self, trial: u64, execution: u64) -> u64 {
        Rng::keyed(self.seed(), Purpose::Execution, trial, execution).next_u64()
    }

    /// The beginning of an execution, as an event.
    pub fn execution_started(&self, trial: u64, execution: u64) -> Event {
        Event::ExecutionStarted {
            trial,
            execution,
            seed: self.execution_seed(trial, execution),
            at: now(),
        }
    }
}

/// The end of a trial, as an event of now.
pub(crate) fn finished(number: u64, outcome: Outcome) -> Event {
    Event::TrialFinished {
        number,
        outcome,
        at: now(),
    }
}

/// That a trial waits, as an event of now.
pub(crate) fn paused(number: u64, execution: u64, seconds: f64) -> Event {
    Event::TrialPaused {
        number,
        execution,
        seconds,
        at: now(),
    }
}

/// How long a trial that is driven by hand has run since it began or went on, if it reported anything.
fn seconds_by_hand(record: &TrialRecord) -> Option<f64> {
    let run = record.execution(0);
    let is_running = run.is_some_and(|run| run.state == State::Running);
    is_running.then(|| seconds_since(record.since))
}

fn seconds_since(time: u64) -> f64 {
    now().saturating_sub(time) as f64 / 1000.0
}
