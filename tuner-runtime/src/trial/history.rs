//! A study as its events add up to it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::Value as Json;

use super::event::{Event, FORMAT, Origin, Outcome, Seq, StudySpec};
use super::goal::Goal;
use super::record::{State, TrialRecord, total};
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

    /// Takes in the next event.
    ///
    /// # Errors
    /// When it does not fit what happened before; then nothing changes.
    pub fn apply(&mut self, seq: Seq, event: &Event) -> Result<(), HistoryError> {
        match event {
            Event::StudyCreated { .. } => return Err(HistoryError::NoBeginning { seq }),
            Event::StudyChanged { spec, .. } => {
                self.space = Self::read_space(spec)?;
                self.spec = Arc::new(spec.clone());
                self.changed = seq;
                self.judge_again();
            }
            Event::TrialEnqueued { point } => self.queue.push_back(point.clone()),
            Event::TrialStarted { .. } => self.start(seq, event)?,
            Event::TrialResumed { number, owner, .. } => {
                self.running_trial(seq, *number)?.owner = owner.clone();
            }
            Event::TrialFinished {
                number,
                outcome,
                at,
            } => self.finish(seq, *number, outcome, *at)?,
            Event::AttributeSet {
                trial: None,
                name,
                value,
            } => note(&mut self.attributes, name, value),
            Event::AttributeSet {
                trial: Some(number),
                name,
                value,
            } => {
                let fault = "does not exist";
                let trial = *number;
                let Some(record) = self.trials.get_mut(trial as usize) else {
                    return Err(HistoryError::Trial { seq, trial, fault });
                };
                note(&mut Arc::make_mut(record).attributes, name, value);
            }
            Event::ExecutionStarted { trial, .. }
            | Event::Reported { trial, .. }
            | Event::ExecutionFinished { trial, .. }
            | Event::ExecutionPruned { trial, .. }
            | Event::ExecutionFailed { trial, .. } => {
                self.running_trial(seq, *trial)?.run(event);
            }
        }
        self.seq = seq;
        Ok(())
    }

    fn start(&mut self, seq: Seq, event: &Event) -> Result<(), HistoryError> {
        let Event::TrialStarted {
            number,
            point,
            origin,
            memo,
            seen,
            owner,
            at,
        } = event
        else {
            return Ok(());
        };
        if *number != self.trials.len() as u64 {
            return Err(HistoryError::Trial {
                seq,
                trial: *number,
                fault: "is not the next one",
            });
        }
        if *origin == Origin::Enqueued {
            self.queue.pop_front();
        }
        let adopted = self.space.adopt(point);
        let fits = adopted.is_ok();
        let point = adopted.unwrap_or_else(|_| point.clone());
        Arc::make_mut(&mut self.points)
            .entry(point.clone())
            .or_insert(*number);
        self.trials.push(Arc::new(TrialRecord {
            number: *number,
            point,
            fits,
            origin: *origin,
            memo: memo.clone(),
            seen: *seen,
            owner: owner.clone(),
            state: State::Running,
            values: Vec::new(),
            metrics: Default::default(),
            violations: Vec::new(),
            executions: Vec::new(),
            message: None,
            started: *at,
            ended: None,
            attributes: BTreeMap::new(),
        }));
        self.running.push(*number);
        if memo.is_some() {
            self.memo = Some(*number);
        }
        Ok(())
    }

    fn finish(
        &mut self,
        seq: Seq,
        number: u64,
        outcome: &Outcome,
        at: u64,
    ) -> Result<(), HistoryError> {
        let spec = self.spec.clone();
        let record = self.running_trial(seq, number)?;
        record.ended = Some(at);
        for run in &mut record.executions {
            run.curve.shrink();
        }
        match outcome {
            Outcome::Finished { metrics } => {
                record.state = State::Finished;
                record.metrics = metrics.clone();
                record.measure(&spec);
            }
            Outcome::Pruned { message } => {
                record.state = State::Pruned;
                record.message = Some(message.clone());
            }
            Outcome::Failed { message } => {
                record.state = State::Failed;
                record.message = Some(message.clone());
            }
        }
        self.running.retain(|&running| running != number);
        self.rank(number);
        Ok(())
    }

    /// Counts a trial that just ended, and sees whether it is the best.
    fn rank(&mut self, number: u64) {
        let record = &self.trials[number as usize];
        if record.value().is_none() {
            return;
        }
        self.finished += 1;
        let better = |other: u64| self.is_better(record, &self.trials[other as usize]);
        if record.fits && self.best.is_none_or(better) {
            self.best = Some(number);
        }
    }

    /// The values, the best and what fits, after the space or the objectives changed.
    fn judge_again(&mut self) {
        self.finished = 0;
        self.best = None;
        let mut points = HashMap::new();
        for number in 0..self.trials.len() {
            let record = Arc::make_mut(&mut self.trials[number]);
            let adopted = self.space.adopt(&record.point);
            record.fits = adopted.is_ok();
            record.point = adopted.unwrap_or_else(|_| record.point.clone());
            points.entry(record.point.clone()).or_insert(number as u64);
            if record.state == State::Finished {
                record.measure(&self.spec);
            }
            self.rank(number as u64);
        }
        self.points = Arc::new(points);
    }

    /// Whether a finished trial is better than another: constraints first, then the first
    /// objective; of equals the one with the lower number, whichever ended first.
    fn is_better(&self, one: &TrialRecord, other: &TrialRecord) -> bool {
        let key = |record: &TrialRecord| {
            let missed: f64 = record.violations.iter().map(|v| v.max(0.0)).sum();
            let score = record.value().map_or(f64::NAN, |v| self.goal().score(v));
            (missed, -score, record.number)
        };
        let (one, other) = (key(one), key(other));
        one.0
            .total_cmp(&other.0)
            .then(one.1.total_cmp(&other.1))
            .then(one.2.cmp(&other.2))
            .is_lt()
    }

    fn running_trial(&mut self, seq: Seq, trial: u64) -> Result<&mut TrialRecord, HistoryError> {
        let error = |fault| HistoryError::Trial { seq, trial, fault };
        let place = usize::try_from(trial).unwrap_or(usize::MAX);
        match self.trials.get_mut(place) {
            None => Err(error("does not exist")),
            Some(record) if record.state != State::Running => Err(error("had ended before")),
            Some(record) => Ok(Arc::make_mut(record)),
        }
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

    /// How many trials have a result.
    pub fn finished_count(&self) -> u64 {
        self.finished
    }

    /// The trials that have not ended, in the order in which they began.
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
            .cloned()
            .collect();
        found.sort_by(|one, other| {
            if self.is_better(one, other) {
                std::cmp::Ordering::Less
            } else if self.is_better(other, one) {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        });
        found.truncate(count);
        found
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

fn note(notes: &mut BTreeMap<Arc<str>, Json>, name: &Arc<str>, value: &Json) {
    if value.is_null() {
        notes.remove(name);
    } else {
        notes.insert(name.clone(), value.clone());
    }
}

#[cfg(test)]
mod tests;
