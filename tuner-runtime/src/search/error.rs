//! How a search can fail, in words that say what to do next.

use std::path::PathBuf;

use crate::space::{PointError, SpaceError};
use crate::storage::StorageError;
use crate::study::StudyError;
use crate::trial::text::counted;

/// A search that cannot begin, or did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The study says no.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A setting of the search that makes no sense.
    #[error("{setting} is {value}; {remedy}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What to write.
        remedy: &'static str,
    },
    /// The build lacks something that was asked for.
    #[error("{what} needs the feature `{feature}`; add it to the features of tuner in Cargo.toml")]
    Feature {
        /// What was asked for.
        what: &'static str,
        /// The feature.
        feature: &'static str,
    },
    /// What the program measures has no such name as the objective or a constraint. No trial failed for it.
    #[error(
        "wrong {what}: {fault}",
        fault = .0,
        what = match .0 {
            StudyError::NotMeasured { .. } => "constraint",
            _ => "objective",
        }
    )]
    WrongObjective(StudyError),
    /// Too many trials in a row failed.
    #[error(
        "{}: {message}. Mend the cause, or allow more with .max_consecutive_failed_trials(..); \
         what was found is stored",
        match count {
            1 => "a trial failed".to_owned(),
            _ => format!("{count} trials in a row failed, the last with"),
        }
    )]
    Failing {
        /// How many.
        count: u64,
        /// The last message.
        message: String,
    },
    /// A run ended the search for a reason that is no fault of its configuration.
    #[error(
        "trial {trial} cannot go on: {message}. Mend the cause and run the same command again: it goes \
         on where it stopped"
    )]
    Aborted {
        /// The trial.
        trial: u64,
        /// The reason.
        message: String,
    },
    /// A sampler, a pruner or an observer panicked.
    #[error(
        "the sampler, the pruner or an observer panicked: {message}. This is a fault in it; \
         what was found is stored"
    )]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// Ctrl-C, the end of the session, or an observer.
    #[error(
        "interrupted after {} ({running} begun); {}",
        counted(*ended, "trial"),
        match place {
            Some(place) => format!("{place} holds everything: run the same command again to go on"),
            None => "search again with the same tuner to go on".to_owned(),
        }
    )]
    Interrupted {
        /// How many trials have ended.
        ended: usize,
        /// How many have begun and not ended, those that wait included.
        running: usize,
        /// Where the study is stored, if it outlives the process.
        place: Option<String>,
    },
    /// No trial has a result.
    #[error("no trial has a result yet; search first{}", hint)]
    NoResult {
        /// Why that may be.
        hint: String,
    },
    /// A folder cannot be made or removed, or holds what belongs to no study.
    #[error("{}: {fault}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
}

macro_rules! by_way_of_the_study {
    ($($fault:ty),*) => {$(
        impl From<$fault> for SearchError {
            fn from(fault: $fault) -> Self {
                Self::Study(fault.into())
            }
        }
    )*};
}
by_way_of_the_study!(StorageError, SpaceError, PointError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        let failing = |count| {
            let message = "no room".to_owned();
            SearchError::Failing { count, message }.to_string()
        };
        let one = failing(1);
        assert!(one.starts_with("a trial failed: no room. Mend"), "{one}");
        let two = failing(2);
        assert!(
            two.starts_with("2 trials in a row failed, the last with: no"),
            "{two}"
        );
        let interrupted = |ended| {
            let (running, place) = (0, None);
            let fault = SearchError::Interrupted {
                ended,
                running,
                place,
            };
            fault.to_string()
        };
        let one = interrupted(1);
        assert!(
            one.starts_with("interrupted after 1 trial (0 begun)"),
            "{one}"
        );
        let two = interrupted(2);
        assert!(two.starts_with("interrupted after 2 trials (0"), "{two}");
        #[cfg(feature = "gp")]
        assert_eq!(
            crate::sampler::SurrogateError::TooFew { found: 1 }.to_string(),
            "the study has 1 finished trial; a surrogate needs at least 2"
        );
    }
}
