//! What the workers of one search share: when to end, and why it ended.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::SearchError;
use crate::study::Core;
use crate::trial::{History, State, TrialRecord};

/// Why a search came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// All trials that were asked for have begun and ended.
    Trials,
    /// Everything was tried.
    Exhausted,
    /// The value aimed at was reached.
    Target,
    /// Too many trials brought no improvement.
    NoImprovement,
    /// The time is over. Trials that had begun go on with the next search.
    Time,
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Trials => "all trials have run",
            Self::Exhausted => "every configuration was tried",
            Self::Target => "the target value is reached",
            Self::NoImprovement => "the last trials brought no improvement",
            Self::Time => "the time is over; trials that had begun go on with the next search",
        })
    }
}

/// When a search ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) max_time: Option<Duration>,
    pub(super) max_trial_time: Option<Duration>,
    pub(super) target: Option<f64>,
    pub(super) patience: Option<u64>,
    pub(super) max_consecutive_failures: u64,
}

/// Shared by the workers of one search and their executions.
pub(super) struct Controls {
    pub(super) rules: Rules,
    core: Arc<Core>,
    began: Instant,
    /// Set by a signal.
    interrupted: Arc<AtomicBool>,
    /// Set when an observer asked for the end: a signal after that is the first one.
    ended_by_observer: AtomicBool,
    /// Set when nobody shall begin anything new.
    ending: AtomicBool,
    why: Mutex<Option<Result<End, SearchError>>>,
    failures_in_a_row: AtomicU64,
    /// How many epochs the running trials will have, as far as they said.
    steps: Mutex<BTreeMap<u64, u64>>,
}

impl Controls {
    pub(super) fn new(rules: Rules, core: Arc<Core>, interrupted: Arc<AtomicBool>) -> Self {
        Self {
            rules,
            core,
            began: Instant::now(),
            interrupted,
            ended_by_observer: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            why: Mutex::default(),
            failures_in_a_row: AtomicU64::new(0),
            steps: Mutex::default(),
        }
    }

    /// Ends the search; the first reason counts, except that an error outweighs a regular end.
    pub(super) fn end(&self, why: Result<End, SearchError>) {
        let mut first = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none() || (matches!(*first, Some(Ok(_))) && why.is_err()) {
            *first = Some(why);
        }
        self.ending.store(true, Ordering::Release);
    }

    /// Whether no trial shall begin any more.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire) || self.must_stop()
    }

    /// Whether running executions shall stop where they are.
    pub(super) fn must_stop(&self) -> bool {
        self.is_interrupted() || self.is_late()
    }

    /// By a signal, or by an observer that asked for the end.
    pub(super) fn is_interrupted(&self) -> bool {
        if self.core.take_end() {
            self.ended_by_observer.store(true, Ordering::Relaxed);
        }
        self.ended_by_observer.load(Ordering::Relaxed) || self.is_signalled()
    }

    /// By a signal.
    pub(super) fn is_signalled(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn is_late(&self) -> bool {
        self.time_left().is_some_and(|left| left.is_zero())
    }

    /// How long the search may take from here on, if that is limited.
    pub(super) fn time_left(&self) -> Option<Duration> {
        let limit = self.rules.max_time?;
        Some(limit.saturating_sub(self.began.elapsed()))
    }

    /// Notes how many epochs a running trial will have.
    pub(super) fn expect_steps(&self, trial: u64, steps: u64) {
        let mut all = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(trial, steps);
        // Trials before the oldest that can still run are of no interest.
        while all.len() > 1_000 {
            all.pop_first();
        }
    }

    /// How many epochs a running trial will have, if it said so.
    pub(super) fn steps(&self, trial: u64) -> Option<u64> {
        let all = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&trial).copied()
    }

    /// Why the search ended.
    pub(super) fn why(&self) -> Result<Option<End>, SearchError> {
        let late = self.is_late();
        let mut why = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        match why.take() {
            Some(Err(fault)) => Err(fault),
            Some(Ok(end)) => Ok(Some(end)),
            None if late => Ok(Some(End::Time)),
            None => Ok(None),
        }
    }

    /// Notes how a trial ended.
    pub(super) fn trial_ended(&self, failure: Option<&str>) {
        let Some(message) = failure else {
            self.failures_in_a_row.store(0, Ordering::Relaxed);
            return;
        };
        let count = self.failures_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        if count >= self.rules.max_consecutive_failures {
            let message = message.to_owned();
            self.end(Err(SearchError::Failing { count, message }));
        }
    }

    /// Ends the search when what was found is enough.
    pub(super) fn check(&self, history: &History) {
        let Some(best) = history.best() else {
            return;
        };
        let goal = history.goal();
        if let (Some(target), Some(value)) = (self.rules.target, best.value())
            && best.is_feasible()
            && !goal.is_better(target, value)
        {
            self.end(Ok(End::Target));
        }
        if let Some(patience) = self.rules.patience
            && ended_after(history, improved(history, best)) >= patience
        {
            self.end(Ok(End::NoImprovement));
        }
    }
}

/// The trial that brought the last improvement: the best one, or with several objectives the last one that entered the front,
/// for no trial that ended before it was as good in all of them.
fn improved<'h>(history: &'h History, best: &'h TrialRecord) -> &'h TrialRecord {
    // While none keeps the constraints, coming closer to them counts alone.
    if history.goals().len() < 2 || !best.is_feasible() {
        return best;
    }
    let feasible = history.finished().filter(|trial| trial.is_feasible());
    let mut latest: Vec<&TrialRecord> = feasible.collect();
    latest.sort_unstable_by_key(|trial| Reverse(trial.ended_by));
    let is_as_good = |one: &TrialRecord, other: &TrialRecord| {
        let pairs = one.values.iter().zip(&other.values);
        let mut goals = history.goals().iter().zip(pairs);
        goals.all(|(goal, (one, other))| !goal.is_better(*other, *one))
    };
    let entered = |place: &usize| {
        let mut before = latest[place + 1..].iter();
        !before.any(|before| is_as_good(before, latest[*place]))
    };
    let last = (0..latest.len()).find(entered);
    last.map_or(best, |place| latest[place])
}

/// How many trials have ended after the one that brought the last improvement. By the end, for a trial that waited may have
/// begun long before; one that was dropped on the way, or failed, has not shown what it would have come to.
fn ended_after(history: &History, best: &TrialRecord) -> u64 {
    let says_nothing = |trial: &TrialRecord| match trial.state {
        State::Pruned => trial.until.is_some(),
        state => state == State::Failed,
    };
    let later = history
        .trials()
        .iter()
        .filter(|trial| trial.ended_by > best.ended_by && !says_nothing(trial));
    later.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::Random;
    use crate::space::Space;
    use crate::storage::{Guard, Memory, Storage};
    use crate::study::Setup;
    use crate::trial::{Event, Metrics, Outcome};
    use std::ops::ControlFlow;

    #[test]
    fn an_observer_that_asks_for_the_end_is_no_signal() {
        let json = serde_json::json!([{"name": "x", "type": "float", "low": 0, "high": 1}]);
        let (space, _) = Space::from_json(&json).unwrap();
        let setup = Setup::new(space, Random::new()).objective("loss");
        let study = Arc::new(Core::open(Arc::new(Memory::new()), "end".into(), setup).unwrap());
        study.observe(Box::new(|_: &Event, _: &History| ControlFlow::Break(())));
        let rules = Rules {
            max_time: None,
            max_trial_time: None,
            target: None,
            patience: None,
            max_consecutive_failures: 1,
        };
        let signal = Arc::new(AtomicBool::new(false));
        let controls = Controls::new(rules, study.clone(), signal.clone());
        assert!(!controls.is_interrupted());
        study.ask().unwrap();
        assert!(controls.is_interrupted() && controls.must_stop());
        assert!(!controls.is_signalled() && !signal.load(Ordering::Relaxed));
        signal.store(true, Ordering::Relaxed);
        assert!(controls.is_signalled());
    }

    #[test]
    fn trials_end_in_the_order_of_the_log_whatever_the_clocks_say() {
        let json = serde_json::json!([{"name": "x", "type": "float", "low": 0, "high": 1}]);
        let (space, _) = Space::from_json(&json).unwrap();
        let storage = Arc::new(Memory::new());
        let setup = Setup::new(space, Random::new()).objective("loss");
        let study = Core::open(storage.clone(), "clocks".into(), setup).unwrap();
        // The clock of the machine that found the best goes far ahead, and then is set.
        for (loss, at) in [(3.0, 50), (1.0, 90), (2.0, 10), (4.0, 20)] {
            let ended = Event::TrialFinished {
                number: study.ask().unwrap().number,
                outcome: Outcome::Finished {
                    metrics: Metrics::new().with("loss", loss),
                },
                at,
            };
            let events = std::slice::from_ref(&ended);
            storage.append(study.id(), Guard::None, events).unwrap();
            study.refresh().unwrap();
        }
        let history = study.history();
        assert_eq!(ended_after(&history, history.best().unwrap()), 2);
    }
}
