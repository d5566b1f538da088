//! The study that a driving program asks and tells.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use tuner_runtime::pruner::{Pruner, Verdict};
use tuner_runtime::sampler::{self, SampleError, Sampler};
use tuner_runtime::space::Space;
use tuner_runtime::storage::{Memory, Sqlite, Storage, StorageError, StudyId};
use tuner_runtime::study::{Core, OnChange, Setup, StudyError};
use tuner_runtime::trial::{Direction, Objective};

use super::request::{Init, Outcome, Request, whole};
use crate::args::AskTell;

/// The name of the objective, of which the protocol knows the value only.
const OBJECTIVE: &str = "value";

/// Where studies are kept, what proposes their trials, and the one that goes on now.
pub(super) struct Session {
    sampler: Arc<dyn Sampler>,
    pruner: Option<Arc<dyn Pruner>>,
    /// `None`: each study has a memory of its own.
    file: Option<Arc<dyn Storage>>,
    on_change: OnChange,
    /// How many studies were begun.
    begun: u64,
    study: Option<Core>,
}

impl Session {
    pub(super) fn new(options: AskTell) -> Result<Self, Box<dyn Error>> {
        let name = &options.sampler;
        if options.grid_points.is_some() && name != "grid" {
            let fault = format!(
                "--grid-points is for the sampler grid, and {name} has no grid; leave it out, or \
                 write --sampler grid"
            );
            return Err(fault.into());
        }
        let points = options.grid_points.map(NonZeroUsize::get);
        let file: Option<Arc<dyn Storage>> = match options.study {
            Some(path) => Some(Arc::new(Sqlite::open(path)?)),
            None => None,
        };
        Ok(Self {
            sampler: Arc::from(sampler::by_name(name, points)?),
            pruner: options.pruner,
            file,
            on_change: options.on_change.into(),
            begun: 0,
            study: None,
        })
    }

    /// Answers a request; an error is the fault in words, and the study is as it was.
    pub(super) fn answer(&mut self, request: Request) -> Result<Json, String> {
        match request {
            Request::Init(init) => self.init(init),
            Request::Ask => self.ask(),
            Request::Tell { id, outcome } => self.tell(&id, outcome),
            Request::Report { id, step, value } => self.report(&id, step, value),
            Request::Quit => Ok(ok()),
        }
    }

    fn init(&mut self, init: Init) -> Result<Json, String> {
        let (space, warnings) = Space::from_json(&init.space).map_err(|fault| fault.to_string())?;
        let objective = match init.direction {
            Direction::Minimize => Objective::minimize(OBJECTIVE),
            Direction::Maximize => Objective::maximize(OBJECTIVE),
        };
        let mut setup = Setup::new(space, self.sampler.clone()).objective(objective);
        setup.seed = init.seed;
        setup.max_trials = init.budget;
        setup.pruner = self.pruner.clone();
        setup.on_change = self.on_change;
        let storage = match &self.file {
            Some(file) => file.clone(),
            None => Arc::new(Memory::new()),
        };
        let study =
            Core::open(storage, study_name(self.begun), setup).map_err(|fault| words(&fault))?;
        self.study = Some(study);
        self.begun += 1;
        let mut answer = ok();
        if !warnings.is_empty() {
            answer["warning"] = warnings.join("; ").into();
        }
        Ok(answer)
    }

    fn ask(&self) -> Result<Json, String> {
        // A trial that a process before this one left behind comes first.
        match self.study()?.ask_or_resume() {
            Ok(asked) => Ok(json!({"id": asked.number, "params": asked.point})),
            // A program is to tell the end of a search from all other faults.
            Err(end) if end.is_end() => Ok(json!({"error": words(&end), "done": true})),
            Err(fault) => Err(words(&fault)),
        }
    }

    fn tell(&self, id: &Json, outcome: Outcome) -> Result<Json, String> {
        let study = self.study()?;
        let number = number(study, id)?;
        let told = match outcome {
            Outcome::Finished { value } => study.tell(number, value),
            Outcome::Failed { message } => {
                let message = message.unwrap_or_else(|| "told as failed".to_owned());
                study.fail(number, message)
            }
            Outcome::Pruned { report, message } => {
                if let Some((step, value)) = report
                    && !is_reported(study, number, step, value)?
                {
                    let verdict = study.report(number, 0, step, value);
                    verdict.map_err(|fault| words(&fault))?;
                }
                study.prune(number, message.unwrap_or("told as pruned".to_owned()))
            }
        };
        told.map_err(|fault| words(&fault))?;
        Ok(ok())
    }

    fn report(&self, id: &Json, step: u64, value: f64) -> Result<Json, String> {
        let study = self.study()?;
        let verdict = study.report(number(study, id)?, 0, step, value);
        let verdict = verdict.map_err(|fault| words(&fault))?;
        Ok(json!({"prune": verdict != Verdict::Continue}))
    }

    fn study(&self) -> Result<&Core, String> {
        let study = self.study.as_ref();
        study.ok_or_else(|| "there is no study yet; send \"init\" first".to_owned())
    }
}

/// The name in the file of the study that comes after so many others of the same process.
fn study_name(before: u64) -> StudyId {
    match before {
        0 => "study".into(),
        _ => format!("study-{}", before + 1).into(),
    }
}

/// Whether a trial reported this value at a step, as most programs have before they end the trial at it; another one there
/// is a fault.
fn is_reported(study: &Core, number: u64, step: u64, value: f64) -> Result<bool, String> {
    let history = study.history();
    let run = history.trial(number).and_then(|record| record.execution(0));
    let reports = run.into_iter().flat_map(|run| run.curve.of(OBJECTIVE));
    let at = reports.filter(|(own, _)| *own == step);
    match at.map(|(_, value)| value).last() {
        None => Ok(false),
        Some(before) if before == value => Ok(true),
        Some(before) => Err(format!(
            "tell: trial {number} reported {before} at step {step} and is told {value} there; tell what it reported, \
             or leave out `step` and `value`"
        )),
    }
}

/// The trial with this id.
fn number(study: &Core, id: &Json) -> Result<u64, String> {
    let known = || {
        let count = study.history().trials().len();
        let number = whole(id).filter(|&number| number < count as u64);
        number.ok_or(count)
    };
    known().or_else(|_| {
        // Another process may have begun it.
        study.refresh().map_err(|fault| words(&fault))?;
        known().map_err(|count| {
            let remedy = match (id, count) {
                (Json::Number(_), 0) => "`ask` answers one".to_owned(),
                (Json::Number(_), _) => format!("the ids go from 0 to {}", count - 1),
                _ => "write the id as `ask` gave it, a number without quotes".to_owned(),
            };
            format!("there is no trial with the id {id}; {remedy}")
        })
    })
}

/// A fault with the remedies that there are here, where studies are told apart by their files.
fn words(fault: &StudyError) -> String {
    match fault {
        StudyError::Changed {
            place, differences, ..
        } => format!(
            "{place} holds another study: {}. To go on with it all the same, start with \
             --on-change continue; to begin a new one, name another file with --study",
            differences.join("; ")
        ),
        StudyError::ChangedMeanwhile { place, .. } => format!(
            "another process went on with {place} with another space, direction, sampler, pruner or seed; start \
             again with the same ones, or name another file with --study"
        ),
        StudyError::InUse { number, owner, .. } => format!(
            "another process ({owner}) runs trial {number} of the study, which differs from this `init`; end that \
             process first, or name another file with --study"
        ),
        StudyError::Sample(SampleError::Endless { name, domain }) => format!(
            "a grid cannot list every value of `{name}` ({domain}); give it a \"step\", or start with \
             --grid-points 5"
        ),
        StudyError::Storage(StorageError::Gone { place, .. }) => format!(
            "the study in {place} was deleted or begun anew meanwhile; nothing was stored. Start again, or name \
             another file with --study"
        ),
        StudyError::Owned { number, owner } if owner.is_empty() => format!(
            "trial {number} was left by a process that ended; `ask` gives it out again with this id"
        ),
        StudyError::Owned { number, owner } => format!(
            "trial {number} is run by another process ({owner}), which tells it; once that has ended, `ask` gives \
             it out again with this id"
        ),
        fault => fault.to_string(),
    }
}

fn ok() -> Json {
    json!({"ok": true})
}
