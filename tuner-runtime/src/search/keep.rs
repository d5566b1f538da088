//! What trials leave on the disk: the folders of the best are kept, within a budget.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::study::by_front;
use crate::trial::{History, State};

/// How much of what trials keep stays on the disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    /// The folders of so many best trials, of several objectives first those of the front.
    pub(super) trials: usize,
    /// And of these, best first, as many as fit; the best one in any case.
    pub(super) bytes: Option<u64>,
}

/// The folder of all trials, below that of the project.
pub(super) fn trials_folder(project: &Path) -> PathBuf {
    project.join("trials")
}

/// The folder of a trial, below that of all trials.
pub(super) fn trial_folder(trials: &Path, number: u64) -> PathBuf {
    trials.join(format!("{number:04}"))
}

/// The folder of an execution, below that of its trial.
pub(super) fn execution_folder(trial: &Path, number: u64) -> PathBuf {
    trial.join(number.to_string())
}

/// Deletes what the trials of a project kept, and says whether there was anything: the folders of their executions, and those
/// around them that are empty then. What else lies there is somebody else's and stays.
///
/// # Errors
/// When a folder cannot be read or deleted.
///
/// ```
/// # use tuner_runtime as tuner;
/// let project = tempfile::tempdir()?;
/// let [ours, theirs] = ["trials/0001/0", "trials/figures"].map(|name| project.path().join(name));
/// std::fs::create_dir_all(&ours)?;
/// std::fs::create_dir_all(&theirs)?;
/// assert!(tuner::search::delete_kept(project.path())?);
/// assert!(!ours.exists() && theirs.exists());
/// assert!(!tuner::search::delete_kept(project.path())?);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn delete_kept(project: &Path) -> io::Result<bool> {
    let trials = trials_folder(project);
    let mut any = false;
    for (_, trial) in numbered(&trials, trial_folder)? {
        for (_, execution) in numbered(&trial, execution_folder)? {
            fs::remove_dir_all(execution)?;
            any = true;
        }
        any |= fs::remove_dir(&trial).is_ok();
    }
    any |= fs::remove_dir(&trials).is_ok();
    Ok(any)
}

/// The folders in another one that have the name of a number, with this number.
fn numbered(folder: &Path, name: fn(&Path, u64) -> PathBuf) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Err(fault)
            if matches!(
                fault.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let number = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        let Some(number) = number.filter(|&number| entry.path() == name(folder, number)) else {
            continue;
        };
        // Links are not followed: what is behind them is somebody else's.
        if entry.file_type()?.is_dir() {
            found.push((number, entry.path()));
        }
    }
    Ok(found)
}

/// Whether the trials of a project kept anything: the folder of an execution.
pub fn holds_kept(project: &Path) -> bool {
    let trials = numbered(&trials_folder(project), trial_folder).unwrap_or_default();
    let holds = |(_, trial): &(u64, PathBuf)| {
        numbered(trial, execution_folder).is_ok_and(|kept| !kept.is_empty())
    };
    trials.iter().any(holds)
}

/// Deletes the folders of ended trials that are not worth keeping. Those outside of the space stay: it may become wider again.
///
/// What cannot be deleted now is tried again after the next trial: it is no reason to end a search.
pub(super) fn tidy(trials: &Path, history: &History, keep: Keep) {
    let Ok(kept) = numbered(trials, trial_folder) else {
        return;
    };
    let has_ended = |number: &u64| {
        let record = history.trial(*number);
        record.is_some_and(|trial| {
            trial.fits && !matches!(trial.state, State::Running | State::Paused)
        })
    };
    let ended: Vec<(u64, PathBuf)> = kept
        .into_iter()
        .filter(|(number, _)| has_ended(number))
        .collect();
    if ended.is_empty() {
        return;
    }
    let best = worth_keeping(history, &ended, keep.trials);
    for (number, folder) in ended {
        if !best.contains(&number) {
            let _ = fs::remove_dir_all(folder);
        }
    }
    let Some(budget) = keep.bytes else {
        return;
    };
    let mut total: u64 = 0;
    for (place, number) in best.iter().enumerate() {
        let folder = trial_folder(trials, *number);
        total = total.saturating_add(bytes_of(&folder));
        if total > budget && place > 0 {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// The trials whose folders stay, the last to go first. With several objectives those of the front come before the others,
/// the most crowded of them last: among those that have a folder, for what was deleted leaves a gap.
fn worth_keeping(history: &History, ended: &[(u64, PathBuf)], count: usize) -> Vec<u64> {
    let ranked = match history.goals() {
        [_] => history.best_trials(count),
        _ => {
            let mut trials = history.best_trials(usize::MAX);
            trials.retain(|trial| ended.iter().any(|(number, _)| *number == trial.number));
            let (mut ranked, others) = by_front(history, trials);
            ranked.extend(others);
            // The one that searches hand out: as good as it in the first objective another one may beat it in the others.
            let best = history.best().map(|best| best.number);
            ranked.sort_by_key(|trial| Some(trial.number) != best);
            ranked.truncate(count);
            ranked
        }
    };
    ranked.iter().map(|record| record.number).collect()
}

/// The size of all files in a folder.
fn bytes_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => bytes_of(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
