//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use tuner_runtime::pruner::Pruner;
use tuner_runtime::sampler;
use tuner_runtime::study::OnChange;

use crate::pruner;

/// Hyperparameter tuning: reads stored studies, and lets any program ask for configurations.
#[derive(Parser)]
#[command(name = "tuner", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Proposes configurations to another program, one JSON object a line on the standard streams
    AskTell(AskTell),
    /// Lists the studies of a file, or of all files named study.db in a folder
    Studies {
        /// A file or a folder
        path: PathBuf,
        /// Write JSON
        #[arg(long)]
        json: bool,
    },
    /// Lists the trials of a study
    Trials(Read),
    /// Shows the best trial of a study
    Best {
        #[command(flatten)]
        read: Read,
        /// The trial that a Gaussian process expects to be the best: where values are noisy, the best measured one is lucky
        #[arg(long)]
        expected: bool,
    },
    /// Shows one trial with its executions and everything that they reported
    Show {
        #[command(flatten)]
        read: Read,
        /// The number of the trial
        number: u64,
    },
    /// Shows what happens to a study, until no search works on it any more
    Watch {
        #[command(flatten)]
        read: Read,
        /// Look again after so many seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = seconds)]
        interval: f64,
        /// Go on when no search works on the study, or there is none yet: a search may begin
        #[arg(long)]
        wait: bool,
    },
    /// Writes the trials of a study as a table or as JSON
    Export {
        #[command(flatten)]
        read: Read,
        /// How they are written; a table unless set
        #[arg(long, value_name = "FORMAT", conflicts_with = "json")]
        format: Option<Format>,
    },
    /// Deletes a study for good
    Delete {
        #[command(flatten)]
        read: Read,
        /// Says that it is meant
        #[arg(long, required = true)]
        yes: bool,
    },
    /// Writes what a shell needs to complete this command line
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// A stored study.
#[derive(ClapArgs)]
pub(crate) struct Target {
    /// The file of the study, or the folder that holds its study.db
    pub(crate) path: PathBuf,
    /// The name of the study, where the file holds several
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// A stored study to read.
#[derive(ClapArgs)]
pub(crate) struct Read {
    #[command(flatten)]
    pub(crate) study: Target,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("write a number of seconds from 0.01 to 86400".to_owned()),
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// A table: one line a trial, one column a parameter
    Csv,
    /// Everything, with executions and epochs
    Json,
}

#[derive(ClapArgs)]
pub(crate) struct AskTell {
    /// Who proposes configurations
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = PossibleValuesParser::new(sampler::NAMES))]
    pub(crate) sampler: String,

    /// Values of each float without a step, for the sampler grid
    #[arg(long, value_name = "COUNT")]
    pub(crate) grid_points: Option<NonZeroUsize>,
    /// Who answers reports: median, asha, percentile:25, hyperband:81, patience:5, threshold:..100 or wilcoxon:0.05
    #[arg(long, value_name = "NAME", value_parser = pruner::parse)]
    pub(crate) pruner: Option<Arc<dyn Pruner>>,
    /// The file that keeps the trials; a second start goes on with them. In memory without it
    #[arg(long, value_name = "PATH")]
    pub(crate) study: Option<PathBuf>,
    /// What to do when the stored study has another space, direction, sampler, pruner or seed
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "refuse",
        requires = "study"
    )]
    pub(crate) on_change: Change,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Change {
    /// Say what differs, and leave the study as it is
    Refuse,
    /// Go on with what is asked for; trials that do not fit any more stay in the record
    Continue,
}

impl From<Change> for OnChange {
    fn from(change: Change) -> Self {
        match change {
            Change::Refuse => Self::Refuse,
            Change::Continue => Self::Continue,
        }
    }
}
