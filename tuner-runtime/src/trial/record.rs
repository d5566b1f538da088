//! What is known of one trial and of each of its training runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::event::{Event, Origin, Seq, StudySpec};
use super::metrics::Metrics;
use crate::space::Point;

/// Where a trial or an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Begun and not ended; it may be waiting for a session that goes on with it.
    Running,
    /// Stopped for now: it goes on if it is promoted.
    Paused,
    /// Ended with a result.
    Finished,
    /// Ended early, on request; it has no result.
    Pruned,
    /// Ended without a result.
    Failed,
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Pruned => "pruned",
            Self::Failed => "failed",
        })
    }
}

/// The metrics of every reported step, kept as plain numbers.
#[derive(Debug, Clone, Default)]
pub struct Curve {
    names: Vec<Arc<str>>,
    steps: Vec<u64>,
    /// One row a step, one column a name.
    values: Vec<f64>,
}

/// Stands where a step lacks a metric: a NaN that no computation makes.
const ABSENT: f64 = f64::from_bits(0x7ff8_0000_00ab_5e47);

impl Curve {
    /// Adds a step.
    pub fn push(&mut self, step: u64, metrics: &Metrics) {
        for name in metrics.names() {
            if !self.names.contains(name) {
                self.add_column(name.clone());
            }
        }
        self.steps.push(step);
        for name in &self.names {
            self.values.push(metrics.get(name).unwrap_or(ABSENT));
        }
    }

    fn add_column(&mut self, name: Arc<str>) {
        let width = self.names.len();
        let mut wider = Vec::with_capacity(self.steps.len() * (width + 1));
        for row in 0..self.steps.len() {
            wider.extend_from_slice(&self.values[row * width..(row + 1) * width]);
            wider.push(ABSENT);
        }
        self.values = wider;
        self.names.push(name);
    }

    /// How many steps were reported.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether nothing was reported.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps in the order in which they were reported.
    pub fn steps(&self) -> &[u64] {
        &self.steps
    }

    /// The names of the metrics.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// All metrics of the row with this index.
    pub fn metrics(&self, row: usize) -> Metrics {
        let width = self.names.len();
        let values = &self.values[row * width..(row + 1) * width];
        let pairs = self.names.iter().cloned().zip(values.iter().copied());
        pairs.filter(|(_, value)| !is_absent(*value)).collect()
    }

    /// Steps and values of one metric, without the steps that lack it.
    pub fn of<'a>(&'a self, name: &str) -> impl Iterator<Item = (u64, f64)> + 'a {
        let width = self.names.len();
        let column = self.names.iter().position(|own| &**own == name);
        let rows = self.steps.iter().enumerate();
        rows.filter_map(move |(row, &step)| {
            let value = self.values[row * width + column?];
            (!is_absent(value)).then_some((step, value))
        })
    }

    /// The last step that has this metric, and its value.
    pub fn last(&self, name: &str) -> Option<(u64, f64)> {
        let width = self.names.len();
        let column = self.names.iter().position(|own| &**own == name)?;
        let rows = self.steps.iter().enumerate().rev();
        rows.map(|(row, &step)| (step, self.values[row * width + column]))
            .find(|(_, value)| !is_absent(*value))
    }

    /// Forgets everything: the run began again.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn shrink(&mut self) {
        self.steps.shrink_to_fit();
        self.values.shrink_to_fit();
    }
}

fn is_absent(value: f64) -> bool {
    value.to_bits() == ABSENT.to_bits()
}

impl PartialEq for Curve {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.steps == other.steps
            && (0..self.len()).all(|row| self.metrics(row) == other.metrics(row))
    }
}

/// One training run of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionRecord {
    /// Its number within the trial, from 0.
    pub number: u64,
    /// Where it stands.
    pub state: State,
    /// The seed that it trains with.
    pub seed: u64,
    /// How often it was begun.
    pub attempts: u32,
    /// The message of each attempt that failed.
    pub failures: Vec<String>,
    /// How many attempts in a row ended with their process, alone in it, and came no further than those before.
    pub lost: u32,
    /// The last step of the one that came furthest of the attempts that ended with their process.
    pub furthest: Option<u64>,
    /// Whether other trials of its owner ran beside the last attempt: any of them may have ended the process.
    pub accompanied: bool,
    /// The metrics of every step of the last attempt.
    pub curve: Curve,
    /// The result, once it is finished.
    pub metrics: Option<Metrics>,
    /// How long its attempts ran, those that failed or were left included and one that was killed not.
    pub seconds: f64,
    /// Why it was pruned.
    pub message: Option<String>,
}

impl ExecutionRecord {
    /// Takes in how far the attempt came; whether it came further than those before.
    fn advance(&mut self) -> bool {
        let last = self.curve.steps().last().copied();
        let is_further = last > self.furthest;
        if is_further {
            self.furthest = last;
            self.lost = 0;
        }
        is_further
    }

    pub(super) fn new(number: u64) -> Self {
        Self {
            number,
            state: State::Running,
            seed: 0,
            attempts: 0,
            failures: Vec::new(),
            lost: 0,
            furthest: None,
            accompanied: false,
            curve: Curve::default(),
            metrics: None,
            seconds: 0.0,
            message: None,
        }
    }
}

/// One trial: a point, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialRecord {
    /// Its number in the study, from 0.
    pub number: u64,
    /// The configuration.
    pub point: Point,
    /// Whether the point belongs to the study's space; after the space changed, some may not.
    pub fits: bool,
    /// Where the point comes from.
    pub origin: Origin,
    /// What the sampler wanted to remember.
    pub memo: Option<Arc<Json>>,
    /// The step after which it is paused; `None`: it runs to its end.
    pub until: Option<u64>,
    /// The last event that the suggestion took into account.
    pub seen: Seq,
    /// Who runs it, or ran it last: a session, and which of the studies it opened. Empty: nobody, since it was given back.
    pub owner: Arc<str>,
    /// Where it stands.
    pub state: State,
    /// One value for each objective; empty unless the trial is finished with all of them.
    pub values: Vec<f64>,
    /// The means of the metrics over the executions, once it is finished.
    pub metrics: Metrics,
    /// By how much each constraint is missed: 0 or less when it is kept.
    pub violations: Vec<f64>,
    /// The training runs.
    pub executions: Vec<ExecutionRecord>,
    /// Why it failed or was pruned.
    pub message: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub started: u64,
    /// When it began or last went on, in milliseconds since 1970.
    pub since: u64,
    /// When it ended, in milliseconds since 1970.
    pub ended: Option<u64>,
    /// The event that ended it: clocks differ and are set, the places of events are in order.
    pub ended_by: Option<Seq>,
    /// The user's notes.
    pub attributes: BTreeMap<Arc<str>, Json>,
}

impl TrialRecord {
    /// The value of the first objective, if the trial is finished.
    pub fn value(&self) -> Option<f64> {
        self.values.first().copied()
    }

    /// Whether every constraint is kept.
    pub fn is_feasible(&self) -> bool {
        self.violations.iter().all(|&violation| violation <= 0.0)
    }

    /// By how much the constraints are missed, in sum: 0 when every one is kept.
    pub fn missed(&self) -> f64 {
        total(self.violations.iter().map(|violation| violation.max(0.0)))
    }

    /// The seconds that its executions ran, the failed ones included.
    pub fn seconds(&self) -> f64 {
        total(self.executions.iter().map(|run| run.seconds))
    }

    /// The execution with this number.
    pub fn execution(&self, number: u64) -> Option<&ExecutionRecord> {
        self.executions.iter().find(|run| run.number == number)
    }

    pub(super) fn execution_mut(&mut self, number: u64) -> &mut ExecutionRecord {
        match self.executions.iter().position(|run| run.number == number) {
            Some(place) => &mut self.executions[place],
            None => {
                self.executions.push(ExecutionRecord::new(number));
                let last = self.executions.len() - 1;
                &mut self.executions[last]
            }
        }
    }
}

impl TrialRecord {
    /// Reads the objectives and the constraints off the metrics.
    pub(super) fn measure(&mut self, spec: &StudySpec) {
        let values = spec.goals.iter().map(|goal| self.metrics.get(&goal.name));
        self.values = values.collect::<Option<_>>().unwrap_or_default();
        let constraints = spec.constraints.iter();
        self.violations = constraints
            .map(|constraint| {
                // What was not measured, or is no number, is not known to be kept.
                let violation = constraint.violation(&self.metrics);
                violation.filter(|v| !v.is_nan()).unwrap_or(f64::INFINITY)
            })
            .collect();
    }

    /// Takes in that the session ended that ran it, and gave nothing back.
    pub(super) fn lose(&mut self) {
        let runs = self.executions.iter_mut();
        for run in runs.filter(|run| run.state == State::Running) {
            if !run.advance() && !run.accompanied {
                run.lost += 1;
            }
        }
    }

    /// Takes in what happened to one of the executions.
    pub(super) fn run(&mut self, event: &Event) {
        match event {
            Event::ExecutionStarted {
                execution, seed, ..
            } => {
                let run = self.execution_mut(*execution);
                run.state = State::Running;
                run.seed = *seed;
                run.attempts += 1;
                run.accompanied = false;
                run.curve.clear();
            }
            Event::Reported {
                execution,
                step,
                metrics,
                ..
            } => self.execution_mut(*execution).curve.push(*step, metrics),
            Event::ExecutionFinished {
                execution,
                metrics,
                seconds,
                ..
            } => {
                let run = self.execution_mut(*execution);
                run.state = State::Finished;
                run.metrics = Some(metrics.clone());
                run.seconds += *seconds;
            }
            Event::TrialPaused {
                execution, seconds, ..
            } => {
                let run = self.execution_mut(*execution);
                run.state = State::Paused;
                run.seconds += *seconds;
                run.advance();
                run.lost = 0;
            }
            Event::TrialReleased {
                execution, seconds, ..
            } => {
                // It may have been left before its run began.
                let runs = self.executions.iter_mut();
                for run in runs.filter(|run| run.number == *execution) {
                    run.seconds += *seconds;
                    run.advance();
                }
            }
            Event::ExecutionPruned {
                execution,
                message,
                seconds,
                ..
            } => {
                let run = self.execution_mut(*execution);
                run.state = State::Pruned;
                run.message = Some(message.clone());
                run.seconds += *seconds;
            }
            Event::ExecutionFailed {
                execution,
                message,
                seconds,
                ..
            } => {
                let run = self.execution_mut(*execution);
                run.state = State::Failed;
                run.failures.push(message.clone());
                run.lost = 0;
                run.seconds += *seconds;
            }
            _ => {}
        }
    }
}

/// The sum, which is 0 of nothing; that of the standard library is -0 then.
pub(super) fn total(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_gives_back_what_was_reported() {
        let mut curve = Curve::default();
        let reports = [
            (1, Metrics::new().with("loss", 0.5)),
            (
                2,
                Metrics::new().with("loss", f64::NAN).with("accuracy", 0.7),
            ),
            (4, Metrics::new().with("accuracy", 0.8)),
        ];
        for (step, metrics) in &reports {
            curve.push(*step, metrics);
        }
        for (row, (step, metrics)) in reports.iter().enumerate() {
            assert_eq!((curve.steps()[row], &curve.metrics(row)), (*step, metrics));
        }
        let accuracy: Vec<(u64, f64)> = curve.of("accuracy").collect();
        assert_eq!(accuracy, [(2, 0.7), (4, 0.8)]);
        assert_eq!(curve.of("loss").count(), 2);
        assert_eq!(curve.of("speed").count(), 0);
        assert_eq!(curve.last("accuracy"), Some((4, 0.8)));
        assert!(
            curve
                .last("loss")
                .is_some_and(|(step, loss)| step == 2 && loss.is_nan())
        );
        assert_eq!(curve.last("speed"), None);
    }
}
