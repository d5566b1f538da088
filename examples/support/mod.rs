//! What the examples share: their flags, and the report that `--json` writes.

// Each example uses what it needs.
#![allow(dead_code)]

use std::fs::{self, OpenOptions};
use std::path::PathBuf;

use clap::Parser;
use clap::builder::{
    PathBufValueParser, PossibleValuesParser, RangedU64ValueParser, TypedValueParser,
};
use tuner::prelude::*;
use tuner::sampler::{NAMES, Sampler, UnknownSampler, by_name};
use tuner::search::{SearchError, TunerBuilder};
use tuner::storage::Sqlite;
use tuner::study::{StudyBuilder, StudyError};
use tuner::trial::History;

/// How much an example does when no flag says otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Configurations.
    pub(crate) trials: u64,
    /// Trainings of each.
    pub(crate) executions: u64,
    /// Passes over the training data.
    pub(crate) epochs: u64,
}

/// The seed of an example, and what its data is shuffled with.
const SEED: u64 = 42;

fn at_least_one() -> RangedU64ValueParser<u64> {
    RangedU64ValueParser::new().range(1..)
}

/// A file that the result can be written to at the end, which may be hours away.
fn writable(path: PathBuf) -> Result<PathBuf, String> {
    let is_new = !path.exists();
    // Trying would disturb whoever reads from a pipe.
    if !is_new && !path.is_file() && !path.is_dir() {
        return Ok(path);
    }
    match OpenOptions::new().append(true).create(true).open(&path) {
        Ok(_) if is_new => drop(fs::remove_file(&path)),
        Ok(_) => {}
        Err(fault) => {
            return Err(format!(
                "{fault}; make its folder first, or name a file that this program may write"
            ));
        }
    }
    Ok(path)
}

/// The flags that every example takes: one that it has no use for changes nothing, one that is left out keeps the example's own
/// value.
#[derive(Debug, Parser)]
pub(crate) struct Flags {
    /// Configurations to try.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub(crate) trials: Option<u64>,
    /// Trainings of each configuration.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub(crate) executions: Option<u64>,
    /// Passes over the training data.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    pub(crate) epochs: Option<u64>,
    /// Trials that run at the same time; one, if left out.
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub(crate) workers: Option<usize>,
    /// The same seed gives the same trials, values and weights; 42, if left out.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How configurations are proposed.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(NAMES))]
    pub(crate) sampler: Option<String>,
    /// Where the study is kept; below `studies`, if left out, or in memory where nothing is trained.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Examples to train on; all, if left out.
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub(crate) train_size: Option<usize>,
    /// Few short trials on little data, to see it run.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Begin anew instead of going on.
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Where the data is; TUNER_DATA or the files beside the examples, if left out.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(writable))]
    pub(crate) json: Option<PathBuf>,
}

impl Flags {
    /// The example's plan, or with `--quick` its quick one, with what the flags change of it.
    pub(crate) fn plan(&self, full: Plan, quick: Plan) -> Plan {
        let plan = if self.quick { quick } else { full };
        Plan {
            trials: self.trials.unwrap_or(plan.trials),
            executions: self.executions.unwrap_or(plan.executions),
            epochs: self.epochs.unwrap_or(plan.epochs),
        }
    }

    /// How many examples to train on, of `all`; `quick` of them with `--quick`.
    pub(crate) fn train_size(&self, all: usize, quick: usize) -> usize {
        self.train_size
            .unwrap_or(if self.quick { quick } else { all })
    }

    /// The name of the study. What is trained differently is a study of its own.
    pub(crate) fn project(&self, name: &str) -> String {
        let mut project = name.to_owned();
        if self.quick {
            project.push_str("-quick");
        }
        if let Some(epochs) = self.epochs {
            project.push_str(&format!("-{epochs}-epochs"));
        }
        if let Some(size) = self.train_size {
            project.push_str(&format!("-{size}-examples"));
        }
        project
    }

    /// What random numbers follow from.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or(SEED)
    }

    /// The sampler of this name; a grid tries five values of each continuous parameter.
    fn sampler(&self, name: &str) -> Result<Box<dyn Sampler>, UnknownSampler> {
        by_name(self.sampler.as_deref().unwrap_or(name), Some(5))
    }

    /// A search with the settings of the flags.
    pub(crate) fn tuner<T: Tunable>(
        &self,
        name: &str,
        objective: Objective,
        plan: Plan,
    ) -> tuner::Result<Tuner<T>> {
        self.tuner_of(T::space(), name, objective, plan)
    }

    /// The same over a space that was narrowed.
    pub(crate) fn tuner_of<T: Tunable>(
        &self,
        space: T::Space,
        name: &str,
        objective: Objective,
        plan: Plan,
    ) -> tuner::Result<Tuner<T>> {
        let builder = Tuner::<T>::builder()
            .space(space)
            .sampler(self.sampler("random")?)
            .objective(objective)
            .max_trials(plan.trials)
            .executions_per_trial(plan.executions)
            .workers(self.workers.unwrap_or(1))
            .seed(self.seed())
            .directory(self.dir.clone().unwrap_or_else(|| "studies".into()))
            .project_name(self.project(name))
            .overwrite(self.overwrite);
        open(builder)
    }

    /// A search that trains nothing, with what the flags change of it.
    pub(crate) fn change<T: Tunable>(
        &self,
        name: &str,
        mut builder: TunerBuilder<T>,
    ) -> tuner::Result<Tuner<T>> {
        if let Some(sampler) = &self.sampler {
            builder = builder.sampler(self.sampler(sampler)?);
        }
        if let Some(trials) = self.trials.or(self.quick.then_some(10)) {
            builder = builder.max_trials(trials);
        }
        if let Some(executions) = self.executions {
            builder = builder.executions_per_trial(executions);
        }
        if let Some(workers) = self.workers {
            builder = builder.workers(workers);
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        if let Some(dir) = &self.dir {
            builder = builder.directory(dir).project_name(name);
        }
        open(builder.overwrite(self.overwrite))
    }

    /// A study by hand, with what the flags change of it.
    pub(crate) fn change_study<T: Tunable>(
        &self,
        name: &str,
        mut builder: StudyBuilder<T>,
    ) -> tuner::Result<Study<T>> {
        if let Some(sampler) = &self.sampler {
            builder = builder.sampler(self.sampler(sampler)?);
        }
        if let Some(trials) = self.trials.or(self.quick.then_some(10)) {
            builder = builder.max_trials(trials);
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        if let Some(dir) = &self.dir {
            let storage = Sqlite::open(dir.join(name).join("study.db"))?;
            if self.overwrite && tuner::storage::Storage::list(&storage)?.contains(&name.into()) {
                tuner::study::delete(&storage, &name.into())?;
            }
            builder = builder.storage(storage).name(name);
        }
        builder.build().map_err(in_flags)
    }

    /// Writes the study where `--json` says.
    pub(crate) fn write_json(&self, history: &History) -> tuner::Result<()> {
        let Some(path) = &self.json else {
            return Ok(());
        };
        let text = serde_json::to_string_pretty(&tuner::report::json(history))?;
        std::fs::write(path, text + "\n")
            .map_err(|fault| tuner::Error::new(format!("{}: {fault}", path.display())))
    }
}

fn open<T: Tunable>(builder: TunerBuilder<T>) -> tuner::Result<Tuner<T>> {
    builder.build().map_err(|fault| match fault {
        SearchError::Study(fault) => in_flags(fault),
        fault => fault.into(),
    })
}

/// The error in terms of the flags, rather than of the builder.
fn in_flags(fault: StudyError) -> tuner::Error {
    let StudyError::Changed {
        study,
        place,
        differences,
    } = fault
    else {
        return fault.into();
    };
    tuner::Error::new(format!(
        "the study `{study}` in {place} differs from what is asked for:\n  {}\n\
         Give the flags it was begun with to go on with it, --dir DIR to keep it and begin another, \
         or --overwrite to delete it",
        differences.join("\n  ")
    ))
}
