//! What trials leave on the disk: the folders of the best are kept, within a budget.

use std::fs;
use std::path::{Path, PathBuf};

use crate::trial::{History, State};

/// How much of what trials keep stays on the disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    /// The folders of so many best trials.
    pub(super) trials: usize,
    /// And of these, best first, as many as fit; the best one in any case.
    pub(super) bytes: Option<u64>,
}

/// The folder of a trial, below that of all trials.
pub(super) fn trial_folder(trials: &Path, number: u64) -> PathBuf {
    trials.join(format!("{number:04}"))
}

/// The trial whose folder has this name, if it is one.
pub(super) fn trial_of(folder: &std::ffi::OsStr) -> Option<u64> {
    folder.to_str()?.parse().ok()
}

/// Deletes the folders of ended trials that are not worth keeping. Those outside of the space stay: it may become wider again.
///
/// What cannot be deleted now is tried again after the next trial: it is no reason to end a search.
pub(super) fn tidy(trials: &Path, history: &History, keep: Keep) {
    let Ok(entries) = fs::read_dir(trials) else {
        // No trial kept anything.
        return;
    };
    let has_ended = |number: &u64| {
        let record = history.trial(*number);
        record.is_some_and(|trial| {
            trial.fits && !matches!(trial.state, State::Running | State::Paused)
        })
    };
    let ended: Vec<(u64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((trial_of(&entry.file_name())?, entry.path())))
        .filter(|(number, _)| has_ended(number))
        .collect();
    if ended.is_empty() {
        return;
    }
    let best: Vec<u64> = history
        .best_trials(keep.trials)
        .iter()
        .map(|record| record.number)
        .collect();
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
