//! What can be wrong with a storage, in words that name the place and the remedy.

use super::StudyId;

/// A storage that cannot do what it was asked for. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// Somebody else decided first.
    #[error("the study went on meanwhile; read it again")]
    Conflict,
    /// There is a study of that name already.
    #[error("{place} holds a study `{study}` already; open it, or take another name")]
    StudyExists {
        /// The storage.
        place: String,
        /// The name.
        study: String,
    },
    /// There is no study of that name.
    #[error("{place} holds no study `{study}`; it holds {known}")]
    NoStudy {
        /// The storage.
        place: String,
        /// The name.
        study: String,
        /// The names that there are, or `none`.
        known: String,
    },
    /// The study, or its file, was deleted while it was worked on; another one may have its name now.
    #[error(
        "the study `{study}` in {place} was deleted or begun anew meanwhile; nothing was stored. \
         Start the program again, or take another name"
    )]
    Gone {
        /// The storage.
        place: String,
        /// The name.
        study: String,
    },
    /// There is nothing at that place.
    #[error("{place} does not exist; name the file of a study")]
    Missing {
        /// The storage.
        place: String,
    },
    /// There is a file and nothing in it: a search that begins may be about to store its study there.
    #[error("{place} holds no study yet")]
    Empty {
        /// The storage.
        place: String,
    },
    /// The file belongs to another program.
    #[error("{place} is no file of tuner ({found}) and was left as it is; choose another path")]
    Foreign {
        /// The storage.
        place: String,
        /// What it seems to be.
        found: String,
    },
    /// A later version wrote the file.
    #[error(
        "{place} has the version {found}, and this build reads up to {supported}; \
         open it with the version of tuner that wrote it, or a newer one"
    )]
    Newer {
        /// The storage.
        place: String,
        /// The version of the file.
        found: i64,
        /// The newest version that this build reads.
        supported: i64,
    },
    /// What is stored is not what was written.
    #[error("{place} is damaged: {fault}. Restore it from a copy; it was left as it is")]
    Damaged {
        /// The storage.
        place: String,
        /// What is wrong, and where.
        fault: String,
    },
    /// No room is left.
    #[error(
        "no room is left for {place}; all that was shown before is stored. \
         Free some space and run the same command again"
    )]
    Full {
        /// The storage.
        place: String,
    },
    /// The file or its folder cannot be written.
    #[error("{place} cannot be written; give write permission to it and to its folder")]
    ReadOnly {
        /// The storage.
        place: String,
    },
    /// The file cannot be read.
    #[error("{place} cannot be read; give read permission to it and to its folder")]
    Unreadable {
        /// The storage.
        place: String,
    },
    /// Another process does not let go of the file.
    #[error(
        "another process has kept {place} locked for {seconds} s; end it, or wait and run again"
    )]
    Locked {
        /// The storage.
        place: String,
        /// How long this process waited.
        seconds: u64,
    },
    /// Anything else that the file system or the database says.
    #[error("{place} cannot be used: {fault}")]
    Other {
        /// The storage.
        place: String,
        /// The message.
        fault: String,
    },
}

impl StorageError {
    /// That none of the studies is the one meant.
    pub(super) fn no_study<'a>(
        place: String,
        study: &StudyId,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        if study.is_marked() {
            let study = study.to_string();
            return Self::Gone { place, study };
        }
        let mut names: Vec<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
        if names.is_empty() {
            names.push("none".to_owned());
        }
        Self::NoStudy {
            place,
            study: study.to_string(),
            known: names.join(", "),
        }
    }
}
