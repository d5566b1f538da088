//! What the examples share: their flags, and the report that `--json` writes.

use std::path::PathBuf;

use clap::Parser;
use tuner::prelude::*;
use tuner::sampler::{Sampler, UnknownSampler, by_name};
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

/// The flags that every example takes; what is left out keeps the example's own value.
#[derive(Debug, Parser)]
pub(crate) struct Flags {
    /// Configurations to try.
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<u64>,
    /// Trainings of each configuration.
    #[arg(long, value_name = "N")]
    pub(crate) executions: Option<u64>,
    /// Passes over the training data.
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u64>,
    /// Trials that run at the same time.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) workers: usize,
    /// The same seed gives the same trials, values and weights.
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    /// How configurations are proposed.
    #[arg(long, value_name = "NAME", default_value = "random")]
    pub(crate) sampler: String,
    /// Where the study is kept.
    #[arg(long, value_name = "DIR", default_value = "studies")]
    pub(crate) dir: PathBuf,
    /// Examples to train on; all, if left out.
    #[arg(long, value_name = "N")]
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
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

impl Flags {
    /// The example's plan with what the flags change of it.
    pub(crate) fn plan(&self, full: Plan) -> Plan {
        let quick = Plan {
            trials: 3,
            executions: 1,
            epochs: 2,
        };
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

    /// The sampler of this name; a grid tries five values of each continuous parameter.
    pub(crate) fn sampler(&self) -> Result<Box<dyn Sampler>, UnknownSampler> {
        by_name(&self.sampler, Some(5))
    }

    /// A search with the settings of the flags.
    pub(crate) fn tuner<T: Tunable>(
        &self,
        name: &str,
        objective: Objective,
        plan: Plan,
    ) -> tuner::Result<Tuner<T>> {
        let builder = Tuner::<T>::builder()
            .sampler(self.sampler()?)
            .objective(objective)
            .max_trials(plan.trials)
            .executions_per_trial(plan.executions)
            .workers(self.workers)
            .seed(self.seed)
            .directory(&self.dir)
            .project_name(self.project(name))
            .overwrite(self.overwrite);
        let tuner = builder.build()?;
        println!("{}", tuner.space_summary());
        Ok(tuner)
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
