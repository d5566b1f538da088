//! How each event changes what is known of a study.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value as Json;

use super::super::event::{Event, Origin, Outcome, Seq};
use super::super::record::{ExecutionRecord, State, TrialRecord};
use super::{History, HistoryError};

impl History {
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
            Event::TrialResumed { number, owner, at } => {
                let record = self.running_trial(seq, *number)?;
                if !record.owner.is_empty() && record.owner != *owner {
                    record.lose();
                }
                record.owner = owner.clone();
                record.since = *at;
            }
            Event::TrialReleased { number, .. } => {
                let record = self.running_trial(seq, *number)?;
                record.run(event);
                record.owner = "".into();
            }
            Event::TrialPaused { number, .. } => {
                let record = self.running_trial(seq, *number)?;
                record.run(event);
                record.state = State::Paused;
                self.running.retain(|running| running != number);
                self.paused.push(*number);
            }
            Event::TrialPromoted {
                number,
                until,
                owner,
                at,
            } => {
                let record = self.trial_that(State::Paused, seq, *number)?;
                record.state = State::Running;
                let waiting = |run: &&mut ExecutionRecord| run.state == State::Paused;
                for run in record.executions.iter_mut().filter(waiting) {
                    run.state = State::Running;
                }
                record.until = *until;
                record.owner = owner.clone();
                record.since = *at;
                self.paused.retain(|paused| paused != number);
                self.running.push(*number);
            }
            Event::TrialsDropped {
                numbers,
                message,
                at,
            } => self.drop_paused(seq, numbers, message, *at)?,
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
            Event::ExecutionStarted { trial, .. } => {
                self.running_trial(seq, *trial)?.run(event);
                self.accompany(*trial);
            }
            Event::Reported { trial, .. }
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
            until,
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
            until: *until,
            seen: *seen,
            owner: owner.clone(),
            state: State::Running,
            values: Vec::new(),
            metrics: Default::default(),
            violations: Vec::new(),
            executions: Vec::new(),
            message: None,
            started: *at,
            since: *at,
            ended: None,
            ended_by: None,
            attributes: BTreeMap::new(),
        }));
        self.running.push(*number);
        if memo.is_some() {
            self.memo = Some(*number);
        }
        Ok(())
    }

    /// Notes which executions run side by side with one that begins.
    fn accompany(&mut self, number: u64) {
        let is_running = |run: &ExecutionRecord| run.state == State::Running;
        let owner = self.trials[number as usize].owner.clone();
        let beside: Vec<u64> = self
            .running()
            .filter(|trial| trial.owner == owner && trial.executions.iter().any(is_running))
            .map(|trial| trial.number)
            .collect();
        if beside.len() < 2 {
            return;
        }
        for number in beside {
            let trial = Arc::make_mut(&mut self.trials[number as usize]);
            let runs = trial.executions.iter_mut();
            runs.filter(|run| is_running(run))
                .for_each(|run| run.accompanied = true);
        }
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
        record.ended_by = Some(seq);
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
        let state = record.state;
        for run in &mut record.executions {
            // What did not end by itself ends with its trial.
            if run.state == State::Running {
                run.state = match (state, &run.metrics) {
                    (State::Finished, None) => State::Pruned,
                    _ => state,
                };
            }
            run.curve.shrink();
        }
        self.running.retain(|&running| running != number);
        self.rank(number);
        Ok(())
    }

    /// Prunes trials that waited; none of them unless all of them do.
    fn drop_paused(
        &mut self,
        seq: Seq,
        numbers: &[u64],
        message: &str,
        at: u64,
    ) -> Result<(), HistoryError> {
        for (place, &number) in numbers.iter().enumerate() {
            self.trial_that(State::Paused, seq, number)?;
            if numbers[..place].contains(&number) {
                let fault = "is dropped twice";
                let trial = number;
                return Err(HistoryError::Trial { seq, trial, fault });
            }
        }
        for &number in numbers {
            let record = self.trial_that(State::Paused, seq, number)?;
            record.state = State::Pruned;
            record.message = Some(message.to_owned());
            record.ended = Some(at);
            record.ended_by = Some(seq);
            for run in &mut record.executions {
                run.state = State::Pruned;
                run.curve.shrink();
            }
        }
        self.paused.retain(|paused| !numbers.contains(paused));
        Ok(())
    }

    /// Counts a trial that just ended with a result, and sees whether it is the best; one outside of the space does not count.
    fn rank(&mut self, number: u64) {
        let record = &self.trials[number as usize];
        if !record.fits || record.value().is_none() {
            return;
        }
        self.finished += 1;
        let better = |other: u64| self.order(record, &self.trials[other as usize]).is_lt();
        if self.best.is_none_or(better) {
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

    fn running_trial(&mut self, seq: Seq, trial: u64) -> Result<&mut TrialRecord, HistoryError> {
        self.trial_that(State::Running, seq, trial)
    }

    /// The trial, which is to be in this state.
    fn trial_that(
        &mut self,
        state: State,
        seq: Seq,
        trial: u64,
    ) -> Result<&mut TrialRecord, HistoryError> {
        let error = |fault| HistoryError::Trial { seq, trial, fault };
        let place = usize::try_from(trial).unwrap_or(usize::MAX);
        match self.trials.get_mut(place) {
            None => Err(error("does not exist")),
            Some(record) if record.state == state => Ok(Arc::make_mut(record)),
            Some(record) => Err(error(match record.state {
                State::Running => "was not paused before",
                State::Paused => "was paused before",
                _ => "had ended before",
            })),
        }
    }
}

fn note(notes: &mut BTreeMap<Arc<str>, Json>, name: &Arc<str>, value: &Json) {
    if value.is_null() {
        notes.remove(name);
    } else {
        notes.insert(name.clone(), value.clone());
    }
}
