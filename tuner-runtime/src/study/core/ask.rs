//! The next trial: one that was left behind, one that waits, the queue's, or the sampler's.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::by_front;
use super::super::error::StudyError;
use super::{Asked, Core, finished, is_alive, lock, now};
use crate::pruner::{Next, without_waiting};
use crate::sampler::Ask;
use crate::space::Point;
use crate::storage::Guard;
use crate::trial::{Event, Experience, Goal, History, Origin, Outcome, State, TrialRecord};

/// What becomes of a trial that an ended session left behind.
#[derive(Clone, Copy, PartialEq)]
enum Left {
    Stays,
    GoesOn,
    BeginsAnew,
}

impl Core {
    /// The next trial: one that was paused and goes on, as the pruner says, else one from the queue, else the sampler's.
    ///
    /// # Errors
    /// When there is none left (see [`StudyError::is_end`]), when a running one is to end first
    /// ([`StudyError::Waiting`]), or the storage fails.
    pub fn ask(&self) -> Result<Asked, StudyError> {
        self.work(Left::Stays)
    }

    /// A trial that an ended session left behind, else the next one. A trial that was left behind begins anew: what it had
    /// reported is forgotten.
    ///
    /// # Errors
    /// As for [`Core::ask`].
    pub fn ask_or_resume(&self) -> Result<Asked, StudyError> {
        self.work(Left::BeginsAnew)
    }

    /// The same for a worker, which begins each execution itself and repeats none that was finished.
    pub(crate) fn ask_for_worker(&self) -> Result<Asked, StudyError> {
        self.work(Left::GoesOn)
    }

    fn work(&self, left: Left) -> Result<Asked, StudyError> {
        // Held until the trial counts as active: to another thread it would seem left behind.
        let _one = lock(&self.deciding);
        if left != Left::Stays {
            // That another session gave a trial back stands in the way of no decision, and would be noticed at the next one.
            self.refresh()?;
        }
        loop {
            let asked = self.decide(|history| {
                let behind = match left {
                    Left::Stays => None,
                    Left::GoesOn | Left::BeginsAnew => self.left_behind(history),
                };
                match behind {
                    Some(record) => Ok(self.resume(record, left)),
                    None => self.next(history),
                }
            })?;
            if let Some(asked) = asked {
                lock(&self.active).insert(asked.number);
                return Ok(asked);
            }
        }
    }

    fn resume(&self, record: &TrialRecord, left: Left) -> (Vec<Event>, Option<Asked>) {
        let mut events = vec![Event::TrialResumed {
            number: record.number,
            owner: self.owner().clone(),
            at: now(),
        }];
        let run = record.execution(0);
        let is_running = run.is_some_and(|run| run.state == State::Running);
        if left == Left::BeginsAnew && is_running {
            events.push(self.execution_started(record.number, 0));
        }
        (events, Some(go_on(record, record.until)))
    }

    /// What the pruner wants next; without a trial when some only ended.
    fn next(&self, history: &History) -> Result<(Vec<Event>, Option<Asked>), StudyError> {
        if let Some(ended) = self.end_lost(history)? {
            return Ok((vec![ended], None));
        }
        let begun = history.trials().len() as u64;
        let limit = self.max_trials.filter(|&limit| begun >= limit);
        // Why no trial can begin; one that waits may go on all the same.
        let mut end = limit.map(|limit| StudyError::Complete { limit });
        loop {
            let next = match &self.pruner {
                Some(pruner) => pruner.next(history, end.is_none()),
                None => without_waiting(history),
            };
            return match (next, end) {
                (Next::New { .. }, Some(end)) => Err(end),
                (Next::New { budget }, None) => match self.propose(history, budget) {
                    Err(fault) if fault.is_end() => {
                        end = Some(fault);
                        continue;
                    }
                    proposed => proposed.map(|(event, asked)| (vec![event], Some(asked))),
                },
                (Next::Continue { trial, to }, _) => self.promote(history, trial, to),
                (Next::Drop { trials, reason }, _) => {
                    let dropped = self.drop_paused(history, trials, reason)?;
                    Ok((vec![dropped], None))
                }
                (Next::Wait, _) => Err(StudyError::Waiting {
                    running: history.running().map(|trial| trial.number).collect(),
                }),
            };
        }
    }

    /// Ends what cannot go on, for the changed space does not hold it: all that waits, or one that was left behind.
    fn end_lost(&self, history: &History) -> Result<Option<Event>, StudyError> {
        let message = "the changed space does not hold it".to_owned();
        let paused = history.paused().filter(|trial| !trial.fits);
        let numbers: Vec<u64> = paused.map(|trial| trial.number).collect();
        if !numbers.is_empty() {
            return self.drop_paused(history, numbers, message).map(Some);
        }
        let mut is_at_work = self.at_work();
        let is_lost = |trial: &&TrialRecord| !trial.fits && !is_at_work(trial);
        let lost = history.running().find(is_lost);
        Ok(lost.map(|trial| finished(trial.number, Outcome::Failed { message })))
    }

    fn promote(
        &self,
        history: &History,
        number: u64,
        until: Option<u64>,
    ) -> Result<(Vec<Event>, Option<Asked>), StudyError> {
        let record = self.paused(history, number)?;
        let promoted = Event::TrialPromoted {
            number,
            until,
            owner: self.owner().clone(),
            at: now(),
        };
        Ok((vec![promoted], Some(go_on(record, until))))
    }

    fn drop_paused(
        &self,
        history: &History,
        numbers: Vec<u64>,
        message: String,
    ) -> Result<Event, StudyError> {
        for (place, &number) in numbers.iter().enumerate() {
            self.paused(history, number)?;
            if numbers[..place].contains(&number) {
                return Err(self.faulty(format!("drops trial {number} twice")));
            }
        }
        if numbers.is_empty() {
            return Err(self.faulty("drops no trial, again and again".to_owned()));
        }
        Ok(Event::TrialsDropped {
            numbers,
            message,
            at: now(),
        })
    }

    /// A trial that waits: what a faulty pruner says must not come into the log.
    fn paused<'h>(&self, history: &'h History, number: u64) -> Result<&'h TrialRecord, StudyError> {
        let record = history.trial(number).map(Arc::as_ref);
        let record = record.filter(|trial| trial.state == State::Paused);
        record.ok_or_else(|| {
            self.faulty(format!(
                "goes on with or drops trial {number}, which is not paused"
            ))
        })
    }

    fn faulty(&self, fault: String) -> StudyError {
        let pruner = self.pruner.as_ref().map(|pruner| pruner.name());
        StudyError::Pruner {
            pruner: pruner.unwrap_or_default(),
            fault,
        }
    }

    /// The first trial that nobody works on, though it has not ended and can go on.
    fn left_behind<'h>(&self, history: &'h History) -> Option<&'h TrialRecord> {
        let mut is_at_work = self.at_work();
        let mut running = history.running();
        running.find(|record| record.fits && !is_at_work(record))
    }

    /// Whether somebody works on a trial. Each owner is looked for once: one may hold thousands.
    fn at_work(&self) -> impl FnMut(&TrialRecord) -> bool {
        let mut alive: BTreeMap<Arc<str>, bool> = BTreeMap::new();
        move |record| {
            if record.owner == *self.owner() {
                return lock(&self.active).contains(&record.number);
            }
            if let Some(&known) = alive.get(&record.owner) {
                return known;
            }
            let found = is_alive(&*self.storage, &self.session, &record.owner);
            alive.insert(record.owner.clone(), found);
            found
        }
    }

    fn propose(&self, history: &History, until: Option<u64>) -> Result<(Event, Asked), StudyError> {
        let number = history.trials().len() as u64;
        let (point, origin, memo) = match history.queue().next() {
            // The space may have changed since it was enqueued.
            Some(point) => (history.space().mend(point).0, Origin::Enqueued, None),
            None => {
                let suggestion = self.sampler.suggest(&Ask {
                    history,
                    number,
                    budget: self.max_trials,
                })?;
                let point = history.space().adopt(&suggestion.point)?;
                (point, Origin::Suggested, suggestion.memo.map(Arc::new))
            }
        };
        let started = Event::TrialStarted {
            number,
            point: point.clone(),
            origin,
            memo,
            until,
            seen: history.seq(),
            owner: self.owner().clone(),
            at: now(),
        };
        let asked = Asked {
            number,
            point,
            until,
            resumed: false,
        };
        Ok((started, asked))
    }

    /// Puts a point before all that the sampler proposes.
    ///
    /// # Errors
    /// When the point does not belong to the space.
    pub fn enqueue(&self, point: &Point) -> Result<(), StudyError> {
        let point = self.history().space().adopt(point)?;
        self.commit(Guard::None, &[Event::TrialEnqueued { point }])
    }

    /// Enqueues the best points of an older study, mended where they do not fit: `count` different
    /// ones, less those that were tried already or wait. Of several objectives those of its front, spread along it; of one
    /// alone that this study has too, the best in that. Returns how many.
    ///
    /// What the older study measured is stored with this one, for samplers that learn from it: up to four objectives
    /// the Gaussian process expects what was found there, as far as the new values agree; of several each learns from the
    /// one of the same name. The first older study counts.
    ///
    /// # Errors
    /// When an objective of the same name has the other direction there, or the storage fails.
    pub fn warm_start(&self, older: &History, count: usize) -> Result<usize, StudyError> {
        refuse_other_directions(older, &self.history())?;
        let ranked = ranked(older, &self.history());
        let note = Experience::of(older, &ranked).to_json();
        // Another session may be about to do the same.
        let (_, enqueued) = self.decide_alone(|history| {
            let mut points: Vec<Point> = Vec::new();
            for record in &ranked {
                if points.len() == count {
                    break;
                }
                let (point, _) = history.space().mend(&record.point);
                if !points.contains(&point) {
                    points.push(point);
                }
            }
            points.retain(|point| !history.knows(point));
            let enqueued = points.len();
            let enqueue = |point| Event::TrialEnqueued { point };
            let mut events: Vec<Event> = points.into_iter().map(enqueue).collect();
            if Experience::read(history).is_none() {
                events.push(Event::AttributeSet {
                    trial: None,
                    name: Experience::NOTE.into(),
                    value: note.clone(),
                });
            }
            Ok((events, enqueued))
        })?;
        Ok(enqueued)
    }
}

/// What is best in one direction is worst in the other. An objective of another name may well have another direction.
fn refuse_other_directions(older: &History, new: &History) -> Result<(), StudyError> {
    for goal in new.goals() {
        let mut others = older.goals().iter();
        if let Some(other) = others.find(|other| other.name == goal.name)
            && other.direction != goal.direction
        {
            return Err(StudyError::OtherDirection {
                objective: goal.name.clone(),
                older: other.direction,
                new: goal.direction,
            });
        }
    }
    Ok(())
}

/// A trial that was begun before.
fn go_on(record: &TrialRecord, until: Option<u64>) -> Asked {
    Asked {
        number: record.number,
        point: record.point.clone(),
        until,
        resumed: true,
    }
}

/// The trials of an older study with a value from best to worst: by the objective that a new study has of them, if it is one;
/// of several the front first, its ends and what lies alone before the crowded parts.
fn ranked(older: &History, new: &History) -> Vec<Arc<TrialRecord>> {
    let mut all = older.best_trials(usize::MAX);
    let goals = older.goals();
    let is_shared = |goal: &&Goal| new.goals().iter().any(|other| other.name == goal.name);
    let shared: Vec<&Goal> = goals.iter().filter(is_shared).collect();
    match shared[..] {
        _ if goals.len() < 2 => {}
        [goal] => {
            let place = goals.iter().position(|other| other.name == goal.name);
            let score = |trial: &TrialRecord| {
                let value = place.and_then(|place| trial.values.get(place));
                value.map_or(f64::NEG_INFINITY, |value| goal.score(*value))
            };
            // Those that keep the constraints stay the first ones.
            let kept = all.iter().take_while(|trial| trial.is_feasible()).count();
            all[..kept].sort_by(|one, other| score(other).total_cmp(&score(one)));
        }
        _ => {
            let (first, others) = by_front(older, all);
            all = [first, others].concat();
        }
    }
    all
}
