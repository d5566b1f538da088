//! One training run, as the program that runs it sees it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::controls::Controls;
use super::error::SearchError;
use super::panic::guarded;
use crate::pruner::Verdict;
use crate::study::{Asked, Core, Report, StudyError, check_constraints, check_names};
use crate::trial::{Goal, Metrics};

/// A training run is to end now: hand this error on with `?`.
///
/// Whatever a run returns after this one counts as the stop that it was: any error, and a value too, since that of a run that
/// ended early is not what its configuration is worth. Only a run that goes on reporting all the same has a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run is to stop now")]
pub struct Stopped;

/// The objective, or what a constraint is on, is none of what a program measures. The search ends; no trial fails for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the objective, or what a constraint is on, is none of what is measured; the search ends")]
pub struct WrongObjective;

/// Why an execution has to end before its time.
#[derive(Debug)]
pub(super) enum Ending {
    /// Not worth going on.
    Pruned(String),
    /// It goes on if it is among the best.
    Paused,
    /// It goes on another time.
    Interrupted,
    /// It measured something that is no number, or not what other runs did.
    Failed(String),
    /// The search cannot go on, which is no fault of the configuration.
    Broken(SearchError),
}

/// A training run of a trial: where it reports, and what it may depend on.
pub struct Execution {
    core: Arc<Core>,
    controls: Arc<Controls>,
    goals: Arc<[Goal]>,
    trial: u64,
    execution: u64,
    seed: u64,
    until: Option<u64>,
    directory: PathBuf,
    /// When the trial began, or went on in this session.
    trial_began: Instant,
    pub(super) ending: Option<Ending>,
    /// Whether it reported after that: then it did not end where it was to.
    pub(super) went_on: bool,
    /// Whether the run was told that it is to end.
    told: AtomicBool,
}

impl Execution {
    pub(super) fn new(
        core: &Arc<Core>,
        controls: &Arc<Controls>,
        asked: &Asked,
        execution: u64,
        directory: PathBuf,
        trial_began: Instant,
    ) -> Self {
        let trial = asked.number;
        Self {
            goals: core.history().goals().into(),
            core: core.clone(),
            controls: controls.clone(),
            trial,
            execution,
            seed: core.execution_seed(trial, execution),
            until: asked.until.filter(|_| execution == 0),
            directory,
            trial_began,
            ending: None,
            went_on: false,
            told: AtomicBool::new(false),
        }
    }

    /// Stores what was measured after a step (an epoch, counted from 1): the value of the
    /// objective, or metrics by name.
    ///
    /// Each step is to be reported once, in ascending order. That is not checked: reports are stored as they come, and
    /// pruners compare trials at the same step.
    ///
    /// # Errors
    /// [`Stopped`] when the run is to end: it is pruned or paused, took too long, the search was
    /// interrupted, or an objective is missing or no number.
    pub fn report(&mut self, step: u64, report: impl Into<Report>) -> Result<(), Stopped> {
        if self.ending.is_some() {
            self.went_on = true;
            return Err(Stopped);
        }
        self.store(step, report.into()).map_err(|ending| {
            self.ending = Some(ending);
            Stopped
        })
    }

    fn store(&self, step: u64, report: Report) -> Result<(), Ending> {
        let metrics = report.into_metrics(&self.goals);
        let metrics = metrics.map_err(|fault| self.lacking(fault))?;
        let bad = self.goals.iter().find_map(|goal| {
            let value = metrics.get(&goal.name)?;
            (!value.is_finite()).then(|| format!("{} is {value} at step {step}", goal.name))
        });
        // The pruner and the observers are called here, inside of the program that is run.
        let (trial, execution) = (self.trial, self.execution);
        let report = || Ok(self.core.report(trial, execution, step, metrics)?);
        let verdict = guarded(report).map_err(Ending::Broken)?;
        if let Some(message) = bad {
            return Err(Ending::Failed(message));
        }
        match verdict {
            Verdict::Stop(reason) => return Err(Ending::Pruned(reason)),
            Verdict::Pause => return Err(Ending::Paused),
            Verdict::Continue => {}
        }
        let limit = self.controls.rules.max_trial_time;
        if let Some(limit) = limit.filter(|&limit| self.trial_began.elapsed() >= limit) {
            let message = format!("the trial took longer than {} s", limit.as_secs_f64());
            return Err(Ending::Pruned(message));
        }
        match self.controls.must_stop() {
            true => Err(Ending::Interrupted),
            false => Ok(()),
        }
    }

    /// What to do where an objective, or what a constraint is on, is missing. Its name is wrong, unless some run came to
    /// its end with it: then this one has failed.
    pub(super) fn lacking(&self, fault: StudyError) -> Ending {
        let history = self.core.history();
        let mut runs = history.trials().iter().flat_map(|trial| &trial.executions);
        let has_all = |metrics: &Metrics| {
            let names = || metrics.names().map(|name| &**name);
            check_names(&self.goals, names()).is_ok() && self.check_constraints(names()).is_ok()
        };
        match runs.any(|run| run.metrics.as_ref().is_some_and(has_all)) {
            true => Ending::Failed(fault.to_string()),
            false => Ending::Broken(SearchError::WrongObjective(fault)),
        }
    }

    /// Whether all that the constraints are on is among the names.
    pub(super) fn check_constraints<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), StudyError> {
        check_constraints(&self.core.history().spec().constraints, names)
    }

    /// Says beforehand which metrics the program will measure, so that a wrong objective or constraint ends the
    /// search before any training.
    ///
    /// # Errors
    /// [`WrongObjective`] when an objective, or what a constraint is on, is not among them: hand it on with `?`.
    pub fn expect_metrics<S: AsRef<str>>(&mut self, names: &[S]) -> Result<(), WrongObjective> {
        self.expect_objectives(names)?;
        let checked = self.check_constraints(names.iter().map(AsRef::as_ref));
        self.or_wrong(checked)
    }

    /// The same for the objectives alone: what constraints are on, such as a size, may be measured after the training.
    pub(crate) fn expect_objectives<S: AsRef<str>>(
        &mut self,
        names: &[S],
    ) -> Result<(), WrongObjective> {
        let checked = check_names(&self.goals, names.iter().map(AsRef::as_ref));
        self.or_wrong(checked)
    }

    fn or_wrong(&mut self, checked: Result<(), StudyError>) -> Result<(), WrongObjective> {
        checked.map_err(|fault| {
            self.ending = Some(Ending::Broken(SearchError::WrongObjective(fault)));
            WrongObjective
        })
    }

    /// Says how many epochs the run will report at most, so that the time left can be shown.
    pub fn expect_steps(&mut self, count: u64) {
        self.controls.expect_steps(self.trial, count);
    }

    /// Ends the search for a reason that is no fault of the configuration, such as a full disk. The trial
    /// does not fail: it goes on with the next search. Hand the error on with `?`.
    pub fn abort(&mut self, reason: impl fmt::Display) -> Stopped {
        let trial = self.trial;
        // A run that was stopped before has its reason.
        self.ending.get_or_insert_with(|| {
            let message = reason.to_string();
            Ending::Broken(SearchError::Aborted { trial, message })
        });
        Stopped
    }

    /// Whether the run is to end, for programs that do not report.
    pub fn is_stopped(&self) -> bool {
        let must_stop = self.controls.must_stop();
        self.told.fetch_or(must_stop, Ordering::Relaxed);
        self.ending.is_some() || must_stop
    }

    /// Whether a failure may be an answer to the end that was asked for: the run was told of it, or Ctrl-C came, which ends the
    /// programs that the run has started as well.
    pub(super) fn was_told(&self) -> bool {
        self.told.load(Ordering::Relaxed) || self.controls.is_interrupted()
    }

    /// The step after which the pruner lets the run wait, to see whether it is among the best; `None` when it runs to its
    /// end. A run that goes on later begins anew with the same seed and folder, where it finds what it kept.
    pub fn until(&self) -> Option<u64> {
        self.until
    }

    /// The seed of this run: the same for the same study, trial and execution, and for no other.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The number of the trial, from 0.
    pub fn number(&self) -> u64 {
        self.trial
    }

    /// The number of the run within its trial, from 0.
    pub fn execution(&self) -> u64 {
        self.execution
    }

    /// The objectives, at least one.
    pub fn objectives(&self) -> &[Goal] {
        &self.goals
    }

    /// A folder for what the run wants to keep, such as checkpoints. It is made when it is asked
    /// for, and the same when the run begins again. What a file needs beyond that, it says itself
    /// when it is written.
    pub fn directory(&self) -> &Path {
        // A folder that cannot be made shows when a file in it is written.
        let _ = std::fs::create_dir_all(&self.directory);
        &self.directory
    }
}
