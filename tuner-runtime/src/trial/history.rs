//! A study as its events add up to it.

mod fold;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::Value as Json;

use super::event::{Event, FORMAT, Seq, StudySpec};
use super::goal::Goal;
use super::record::{TrialRecord, total};
use crate::space::{Point, Space, SpaceJsonError};

/// Events that do not add up: the log was written by a newer version, or is damaged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The log does not begin with the creation of a study.
    #[error("event {seq} should be the creation of the study and is not; the log is damaged")]
    NoBeginning {
        /// The place of the event.
        seq: Seq,
    },
    /// Something happened to a trial that there is not, or that had ended.
    #[error("event {seq} is about trial {trial}, which {fault}; the log is damaged")]
    Trial {
        /// The place of the event.
        seq: Seq,
        /// The trial.
        trial: u64,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A later version wrote the study.
    #[error(
        "the study has the format {found}, and this version reads up to {FORMAT}; \
         use the version of tuner that wrote it, or a newer one"
    )]
    Newer {
        /// The format of the study.
        found: u32,
    },
    /// The stored space is none.
    #[error("the stored space cannot be read: {0}")]
    Space(#[from] SpaceJsonError),
    /// A study without an objective.
    #[error("the stored study has no objective; the log is damaged")]
    NoGoal,
}

/// Everything known of a study: the fold of its events, in order.
#[derive(Debug, Clone)]
pub struct History {
    spec: Arc<StudySpec>,
    space: Space,
    seq: Seq,
    /// The place of the last change of what the study is about; 0 when it is as it began.
    changed: Seq,
    created: u64,
    trials: Vec<Arc<TrialRecord>>,
    /// For each point the first trial with it.
    points: Arc<HashMap<Point, u64>>,
    queue: VecDeque<Point>,
    attributes: BTreeMap<Arc<str>, Json>,
    /// Kept beside the trials, so that a question costs the same however many there are.
    finished: u64,
    best: Option<u64>,
    running: Vec<u64>,
    paused: Vec<u64>,
    memo: Option<u64>,
}

impl History {
    /// A study that just began, or the beginning of a stored one.
    ///
    /// # Errors
    /// When the event is not the creation of a study that this version can read.
    pub fn begin(seq: Seq, event: &Event) -> Result<Self, HistoryError> {
        let Event::StudyCreated { spec, at } = event else {
            return Err(HistoryError::NoBeginning { seq });
        };
        let space = Self::read_space(spec)?;
        Ok(Self {
            spec: Arc::new(spec.clone()),
            space,
            seq,
            changed: 0,
            created: *at,
            trials: Vec::new(),
            points: Arc::default(),
            queue: VecDeque::new(),
            attributes: BTreeMap::new(),
            finished: 0,
            best: None,
            running: Vec::new(),
            paused: Vec::new(),
            memo: None,
        })
    }

    /// All of a stored study; `None` without events.
    ///
    /// # Errors
    /// When the events do not add up.
    pub fn fold<'a>(
        events: impl IntoIterator<Item = &'a (Seq, Event)>,
    ) -> Result<Option<Self>, HistoryError> {
        let mut events = events.into_iter();
        let Some((seq, first)) = events.next() else {
            return Ok(None);
        };
        let mut history = Self::begin(*seq, first)?;
        for (seq, event) in events {
            history.apply(*seq, event)?;
        }
        Ok(Some(history))
    }

    fn read_space(spec: &StudySpec) -> Result<Space, HistoryError> {
        if spec.format > FORMAT {
            return Err(HistoryError::Newer { found: spec.format });
        }
        if spec.goals.is_empty() {
            return Err(HistoryError::NoGoal);
        }
        Ok(Space::from_json(&spec.space)?.0)
    }

    /// Finished trials from the best to the worst: constraints first, then the first objective; of equals the one with
    /// the lower number, whichever ended first.
    fn order(&self, one: &TrialRecord, other: &TrialRecord) -> Ordering {
        let key = |record: &TrialRecord| {
            let score = record.value().map_or(f64::NAN, |v| self.goal().score(v));
            (record.missed(), -score, record.number)
        };
        let (one, other) = (key(one), key(other));
        one.0
            .total_cmp(&other.0)
            .then(one.1.total_cmp(&other.1))
            .then(one.2.cmp(&other.2))
    }

    /// What the study is about.
    pub fn spec(&self) -> &StudySpec {
        &self.spec
    }

    /// The search space.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// The objectives, at least one.
    pub fn goals(&self) -> &[Goal] {
        &self.spec.goals
    }

    /// The first objective.
    pub fn goal(&self) -> &Goal {
        &self.spec.goals[0]
    }

    /// The place of the last event taken in.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The place of the event that last changed the space, the objectives, the sampler or the seed;
    /// 0 when they are those that the study began with.
    pub fn changed(&self) -> Seq {
        self.changed
    }

    /// When the study began, in milliseconds since 1970.
    pub fn created(&self) -> u64 {
        self.created
    }

    /// Every trial, by number.
    pub fn trials(&self) -> &[Arc<TrialRecord>] {
        &self.trials
    }

    /// The trial with this number.
    pub fn trial(&self, number: u64) -> Option<&Arc<TrialRecord>> {
        self.trials.get(usize::try_from(number).ok()?)
    }

    /// The trials with a result whose point belongs to the space, by number: what a sampler learns from.
    pub fn finished(&self) -> impl Iterator<Item = &TrialRecord> {
        let all = self.trials.iter().map(|record| &**record);
        all.filter(|record| record.fits && !record.values.is_empty())
    }

    /// How many trials [`finished`](Self::finished) has.
    pub fn finished_count(&self) -> u64 {
        self.finished
    }

    /// The trials that wait to be promoted or dropped, in the order in which they were paused.
    pub fn paused(&self) -> impl Iterator<Item = &TrialRecord> {
        self.paused
            .iter()
            .map(|&number| &*self.trials[number as usize])
    }

    /// How many trials have ended, whichever way.
    pub fn ended_count(&self) -> usize {
        self.trials.len() - self.running.len() - self.paused.len()
    }

    /// The trials that somebody works on, or did until its session ended or gave them back, in the order in which they began.
    pub fn running(&self) -> impl Iterator<Item = &TrialRecord> {
        self.running
            .iter()
            .map(|&number| &*self.trials[number as usize])
    }

    /// The best trial: the first objective decides, after the constraints.
    pub fn best(&self) -> Option<&Arc<TrialRecord>> {
        self.trial(self.best?)
    }

    /// The `count` best trials, best first.
    pub fn best_trials(&self, count: usize) -> Vec<Arc<TrialRecord>> {
        let all = self.trials.iter();
        let mut found: Vec<_> = all
            .filter(|record| record.fits && !record.values.is_empty())
            .collect();
        if count < found.len() {
            found.select_nth_unstable_by(count, |one, other| self.order(one, other));
            found.truncate(count);
        }
        found.sort_by(|one, other| self.order(one, other));
        found.into_iter().cloned().collect()
    }

    /// Whether some trial, whatever its state, has this point.
    pub fn contains(&self, point: &Point) -> bool {
        self.points.contains_key(point)
    }

    /// Whether some trial has this point, or it waits to be tried.
    pub fn knows(&self, point: &Point) -> bool {
        self.contains(point) || self.queue.contains(point)
    }

    /// How many different points were tried.
    pub fn distinct_points(&self) -> usize {
        self.points.len()
    }

    /// What the sampler remembered last, with the number of that trial.
    pub fn memo(&self) -> Option<(u64, &Arc<Json>)> {
        let record = self.trial(self.memo?)?;
        Some((record.number, record.memo.as_ref()?))
    }

    /// The points that wait to be tried.
    pub fn queue(&self) -> impl Iterator<Item = &Point> {
        self.queue.iter()
    }

    /// The user's notes on the study.
    pub fn attributes(&self) -> &BTreeMap<Arc<str>, Json> {
        &self.attributes
    }

    /// The seconds that all executions ran.
    pub fn seconds(&self) -> f64 {
        total(self.trials.iter().map(|record| record.seconds()))
    }
}

#[cfg(test)]
mod tests;
