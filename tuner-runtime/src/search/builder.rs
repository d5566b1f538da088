//! What a search is to be, checked before anything runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::controls::Rules;
use super::error::SearchError;
use super::keep::{Keep, delete_kept, holds_kept, trials_folder};
use super::progress::Progress;
use super::tuner::{Settings, Tuner};
use crate::pruner::Pruner;
use crate::sampler::Sampler;
use crate::space::Tunable;
use crate::storage::{Storage, StudyId};
use crate::study::{self, Observer, OnChange, Study, StudyBuilder};
use crate::trial::text::one_line;
use crate::trial::{Constraint, Objective};

/// The project's name where none is given.
const UNTITLED: &str = "untitled";

/// Says what a search is to be; [`TunerBuilder::build`] checks it and opens the study.
#[must_use]
pub struct TunerBuilder<T: Tunable> {
    study: StudyBuilder<T>,
    directory: Option<PathBuf>,
    project_name: Option<String>,
    storage: Option<Arc<dyn Storage>>,
    overwrite: bool,
    max_trials: Option<u64>,
    executions_per_trial: u64,
    workers: usize,
    max_retries_per_trial: u64,
    rules: Rules,
    keep: Keep,
    progress: Progress,
    observers: Vec<Box<dyn Observer>>,
}

impl<T: Tunable> TunerBuilder<T> {
    pub(super) fn new() -> Self {
        Self {
            study: Study::builder(),
            directory: None,
            project_name: None,
            storage: None,
            overwrite: false,
            max_trials: None,
            executions_per_trial: 1,
            workers: 1,
            max_retries_per_trial: 0,
            rules: Rules {
                max_time: None,
                max_trial_time: None,
                target: None,
                patience: None,
                max_consecutive_failures: 3,
            },
            keep: Keep {
                trials: 10,
                bytes: None,
            },
            progress: Progress::Auto,
            observers: Vec::new(),
        }
    }

    /// A narrowed space.
    pub fn space(mut self, space: T::Space) -> Self {
        self.study = self.study.space(space);
        self
    }

    /// Who proposes configurations; [`Auto`](crate::sampler::Auto) unless set.
    pub fn sampler(mut self, sampler: impl Sampler + 'static) -> Self {
        self.study = self.study.sampler(sampler);
        self
    }

    /// Who ends trials early; nobody unless set.
    pub fn pruner(mut self, pruner: impl Pruner + 'static) -> Self {
        self.study = self.study.pruner(pruner);
        self
    }

    /// What to make large or small; may be given several times. The first decides where one is asked for.
    pub fn objective(mut self, objective: impl Into<Objective>) -> Self {
        self.study = self.study.objective(objective);
        self
    }

    /// A bound that a solution must keep; may be given several times.
    pub fn constraint(mut self, constraint: Constraint) -> Self {
        self.study = self.study.constraint(constraint);
        self
    }

    /// What every random number follows from; unless set, 0 or that of the stored study.
    pub fn seed(mut self, seed: u64) -> Self {
        self.study = self.study.seed(seed);
        self
    }

    /// How many trials there are at most, those of earlier sessions included; unless set, the
    /// search ends by another rule or by its sampler.
    pub fn max_trials(mut self, count: u64) -> Self {
        self.study = self.study.max_trials(count);
        self.max_trials = Some(count);
        self
    }

    /// How often each configuration is trained, with another seed each time; once unless set. The value of
    /// a trial is the mean.
    pub fn executions_per_trial(mut self, count: u64) -> Self {
        self.executions_per_trial = count;
        self
    }

    /// How many trials run at once, each in a thread of its own; one unless set.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count;
        self
    }

    /// The folder of all projects. A study with a folder or a project name is stored in
    /// `directory/project_name/study.db`, and goes on where it stopped; without both it is in memory.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// The name of the study, and of its folder.
    pub fn project_name(mut self, name: impl Into<String>) -> Self {
        self.project_name = Some(name.into());
        self
    }

    /// Keeps the study there instead of in a file of its own. What trials keep, such as weights, still
    /// needs a folder to outlive the process.
    pub fn storage(mut self, storage: impl Storage + 'static) -> Self {
        self.storage = Some(Arc::new(storage));
        self
    }

    /// Deletes the stored study of that name, with all that its trials kept, and starts anew.
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// What to do when the stored study is about something else; it is refused unless set.
    pub fn on_change(mut self, on_change: OnChange) -> Self {
        self.study = self.study.on_change(on_change);
        self
    }

    /// How often a trial is tried again after a failure of one of its executions; never unless set.
    pub fn max_retries_per_trial(mut self, count: u64) -> Self {
        self.max_retries_per_trial = count;
        self
    }

    /// After how many failed trials in a row the search ends with an error; 3 unless set.
    pub fn max_consecutive_failed_trials(mut self, count: u64) -> Self {
        self.rules.max_consecutive_failures = count;
        self
    }

    /// Ends the search after this time. Running trials stop at their next report and go on with
    /// the next search.
    pub fn max_time(mut self, time: Duration) -> Self {
        self.rules.max_time = Some(time);
        self
    }

    /// Prunes a trial at the first report after this time.
    pub fn max_trial_time(mut self, time: Duration) -> Self {
        self.rules.max_trial_time = Some(time);
        self
    }

    /// Ends the search when the first objective is this good, whatever the others are, in a trial that keeps the constraints.
    pub fn target_value(mut self, value: f64) -> Self {
        self.rules.target = Some(value);
        self
    }

    /// Ends the search after this many trials without a better one; with several objectives one that enters the front is
    /// better. Failed trials do not count, for they say nothing of
    /// what their configurations are worth; pruned ones do, unless they waited and were dropped.
    pub fn patience(mut self, trials: u64) -> Self {
        self.rules.patience = Some(trials);
        self
    }

    /// Of how many best trials the folders are kept, with the weights in them; 10 unless set. Those
    /// of other trials are deleted when they end. With several objectives the front comes first, and of one that
    /// is larger than this the ends and what spreads over it: ask for as many as the front may have.
    pub fn keep_best(mut self, trials: usize) -> Self {
        self.keep.trials = trials;
        self
    }

    /// How much room the kept folders may take, in bytes: the best come first, and the best of all
    /// is kept in any case. No limit unless set.
    pub fn keep_bytes(mut self, bytes: u64) -> Self {
        self.keep.bytes = Some(bytes);
        self
    }

    /// How the search shows itself.
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Adds somebody who sees everything that happens.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.push(Box::new(observer));
        self
    }

    /// Checks everything, and opens the study or begins it.
    ///
    /// # Errors
    /// When a setting makes no sense, something is missing, the storage fails, or the stored study
    /// is about something else.
    pub fn build(mut self) -> Result<Tuner<T>, SearchError> {
        self.check()?;
        self.study.check()?;
        let mut id = StudyId::from(self.project());
        // The program may change its working directory later.
        let folder = self.folder().map(absolute).transpose()?;
        let mut former = None;
        let storage = match (self.storage, &folder) {
            (Some(storage), _) => Some(storage),
            (None, Some(folder)) => {
                let storage = open(folder)?;
                former = former_name(&*storage, &id)?;
                Some(storage)
            }
            (None, None) => None,
        };
        if let Some(storage) = storage {
            if self.overwrite {
                let begun = former.as_ref().unwrap_or(&id);
                start_anew(&*storage, begun, folder.as_deref())?;
            } else if let Some(former) = former {
                id = former;
            } else if let Some(folder) = &folder {
                refuse_foreign_folders(&*storage, &id, folder)?;
            }
            self.study = self.study.shared_storage(storage);
        }
        let study = self.study.name(id).build()?;
        for observer in self.observers {
            study.core().observe(observer);
        }
        let settings = Settings {
            folder,
            executions_per_trial: self.executions_per_trial,
            workers: self.workers,
            max_retries_per_trial: self.max_retries_per_trial,
            rules: self.rules,
            keep: self.keep,
            progress: self.progress,
        };
        Ok(Tuner::new(study, settings))
    }

    fn project(&self) -> &str {
        self.project_name.as_deref().unwrap_or(UNTITLED)
    }

    /// Of the project; `None` in memory, and where a storage is given without a directory.
    fn folder(&self) -> Option<PathBuf> {
        let is_named = self.project_name.is_some() && self.storage.is_none();
        match &self.directory {
            Some(directory) => Some(directory.join(self.project())),
            None => is_named.then(|| PathBuf::from(self.project())),
        }
    }

    fn check(&self) -> Result<(), SearchError> {
        let counts = [
            ("max_trials", self.max_trials.unwrap_or(1)),
            ("executions_per_trial", self.executions_per_trial),
            ("workers", self.workers as u64),
            (
                "max_consecutive_failed_trials",
                self.rules.max_consecutive_failures,
            ),
            ("patience", self.rules.patience.unwrap_or(1)),
        ];
        if let Some((setting, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(SearchError::Setting {
                setting,
                value: "0".to_owned(),
                remedy: "it is at least 1",
            });
        }
        if let Some(value) = self.rules.target.filter(|value| !value.is_finite()) {
            return Err(SearchError::Setting {
                setting: "target_value",
                value: value.to_string(),
                remedy: "it is a finite number",
            });
        }
        let name = self.project();
        let mut parts = std::path::Path::new(name).components();
        // `a/` and `a/.` have one part too, and it is the folder of `a`.
        let plain =
            matches!(parts.next(), Some(std::path::Component::Normal(part)) if part == name);
        if !plain || parts.next().is_some() || name.contains(['\\', '\0']) {
            return Err(SearchError::Setting {
                setting: "project_name",
                value: format!("`{}`", one_line(name)),
                remedy: "it is the name of a single folder; give the path with .directory(..)",
            });
        }
        Ok(())
    }
}

#[cfg(feature = "sqlite")]
fn open(folder: &std::path::Path) -> Result<Arc<dyn Storage>, SearchError> {
    Ok(Arc::new(crate::storage::Sqlite::open(
        folder.join("study.db"),
    )?))
}

#[cfg(not(feature = "sqlite"))]
fn open(_: &std::path::Path) -> Result<Arc<dyn Storage>, SearchError> {
    Err(SearchError::Feature {
        what: "a study in a folder",
        feature: "sqlite",
    })
}

fn absolute(folder: PathBuf) -> Result<PathBuf, SearchError> {
    std::path::absolute(&folder).map_err(|fault| SearchError::Folder {
        path: folder,
        fault: fault.to_string(),
    })
}

/// Deletes the study and what its trials kept, and nothing else of the folder.
pub(super) fn start_anew(
    storage: &dyn Storage,
    id: &StudyId,
    folder: Option<&std::path::Path>,
) -> Result<(), SearchError> {
    if storage.list()?.contains(id) {
        study::delete(storage, id)?;
    }
    let Some(folder) = folder else {
        return Ok(());
    };
    match delete_kept(folder) {
        Ok(_) => Ok(()),
        Err(fault) => Err(SearchError::Folder {
            path: trials_folder(folder),
            fault: fault.to_string(),
        }),
    }
}

/// What the study of a project's own file is called, where its folder was renamed: nobody else stores anything there.
fn former_name(storage: &dyn Storage, id: &StudyId) -> Result<Option<StudyId>, SearchError> {
    let mut held = storage.list()?;
    Ok(match held.as_slice() {
        [only] if only != id => held.pop(),
        _ => None,
    })
}

/// A study that begins must not find what the trials of a lost one kept: they would go on from its checkpoints.
fn refuse_foreign_folders(
    storage: &dyn Storage,
    id: &StudyId,
    folder: &std::path::Path,
) -> Result<(), SearchError> {
    // Folders first: another process may begin the study meanwhile.
    if !holds_kept(folder) || storage.list()?.contains(id) {
        return Ok(());
    }
    Err(SearchError::Folder {
        path: trials_folder(folder),
        fault: format!(
            "holds what trials kept, and there is no study `{id}` that they belong to; move it away, or \
             begin anew with .overwrite(true), which deletes it"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::tunable;
    use crate::storage::Memory;

    #[tunable]
    struct Coin {
        #[hp]
        heads: bool,
    }

    #[test]
    fn a_study_has_a_folder_when_it_is_given_a_place_or_any_name() {
        let builder = || TunerBuilder::<Coin>::new();
        assert_eq!(builder().folder(), None);
        let named = builder().project_name(UNTITLED);
        assert_eq!(named.folder(), Some(UNTITLED.into()));
        assert_eq!(named.storage(Memory::new()).folder(), None);
        let there = builder().directory("runs");
        assert_eq!(there.folder(), Some(PathBuf::from("runs").join(UNTITLED)));
    }
}
