//! The tuner: a study with a loop round it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::builder::{TunerBuilder, start_anew};
use super::controls::{Controls, End, Rules};
use super::error::SearchError;
use super::execution::Execution;
use super::keep::{Keep, execution_folder, tidy, trial_folder, trials_folder};
use super::outcome::IntoOutcome;
use super::panic::guarded;
use super::progress::{Progress, Show, Speaker, say};
use super::signal::Signals;
use super::summary::{lacking_objective, results_table};
use super::worker::Work;
use crate::space::{Handle, Point, Tunable};
use crate::study::{Best, Study, StudyError};
use crate::trial::State;
use crate::trial::text::{counted, one_line};

/// Searches the space of `T`: trains one configuration after another and keeps what came of it.
///
/// ```
/// # extern crate tuner_runtime as tuner;
/// use tuner::{sampler::Random, space::{Tunable, tunable}, trial::Objective};
/// use tuner::search::{Execution, Progress, SearchError, Tuner};
/// #[tunable]
/// #[derive(Debug, Clone)]
/// struct Parabola {
///     #[hp(float = -10.0..=10.0)]
///     x: f64,
/// }
/// # fn main() -> Result<(), SearchError> {
/// let mut tuner = Tuner::<Parabola>::builder()
///     .sampler(Random::new())
///     .objective(Objective::minimize("loss"))
///     .max_trials(20)
///     .seed(42)
///     .progress(Progress::Silent)
///     .build()?;
/// tuner.search(|_: &mut Execution, p: Parabola| (p.x - 2.0).powi(2))?;
/// let best: Parabola = tuner.best_hyperparameters()?;
/// assert!((best.x - 2.0).abs() < 4.0);
/// # Ok(())
/// # }
/// ```
pub struct Tuner<T: Tunable> {
    study: Study<T>,
    settings: Settings,
    /// Made when a run of a study in memory asks for a folder; removed with the tuner.
    scratch: PathBuf,
}

/// What the builder checked.
pub(super) struct Settings {
    /// Of the project; `None` in memory.
    pub(super) folder: Option<PathBuf>,
    pub(super) executions_per_trial: u64,
    pub(super) workers: usize,
    pub(super) max_retries_per_trial: u64,
    pub(super) rules: Rules,
    pub(super) keep: Keep,
    pub(super) progress: Progress,
}

impl<T: Tunable> Tuner<T> {
    /// Begins to say what the search is to be.
    pub fn builder() -> TunerBuilder<T> {
        TunerBuilder::new()
    }

    pub(super) fn new(study: Study<T>, settings: Settings) -> Self {
        let owner = study.core().owner();
        let scratch = std::env::temp_dir().join(format!("tuner-{owner}"));
        Self {
            study,
            settings,
            scratch,
        }
    }

    /// Runs `run` for one configuration after another until a rule ends the search, and says which.
    ///
    /// A trial that an earlier session began goes on first; executions that it finished are not
    /// repeated. An error, a panic, and a result that is NaN or infinite fail their execution and
    /// not the search.
    ///
    /// # Errors
    /// When the search was interrupted, the objective is none of what is measured, too many trials
    /// in a row failed, or the storage fails. All that was found is stored.
    pub fn search<F, R>(&mut self, run: F) -> Result<End, SearchError>
    where
        F: Fn(&mut Execution, T) -> R + Sync,
        R: IntoOutcome,
        // The workers share the space and decode the values, which need not be sent.
        T::Space: Sync,
    {
        let core = self.study.core().clone();
        core.refresh()?;
        // What an observer asked for between two searches is not about this one.
        core.take_end();
        let interrupted = Arc::new(AtomicBool::new(false));
        let signals = Signals::listen(&interrupted);
        let controls = Arc::new(Controls::new(
            self.settings.rules,
            core.clone(),
            interrupted,
        ));
        let executions = self.settings.executions_per_trial;
        let show = self.settings.progress.show(&core, &controls, executions);
        let speaker = show.as_ref().map(Show::speaker);
        if let Some(show) = show {
            core.show_progress(Box::new(show));
        }
        let space = self.study.space();
        let work = Work {
            core: &core,
            controls: &controls,
            executions_per_trial: self.settings.executions_per_trial,
            max_retries_per_trial: self.settings.max_retries_per_trial,
            directory: &|trial, execution| self.directory_of(trial, execution),
            tidy: &|| tidy(&self.trials_folder(), &core.history(), self.settings.keep),
            run: &|execution, point: &Point| Ok(run(execution, space.decode(point)?).into_outcome()),
        };
        let ended = AtomicBool::new(false);
        thread::scope(|scope| {
            let answer = || answer_signals(&ended, &controls, speaker.as_ref());
            // Without it a signal is heeded all the same, and nobody says so.
            let answering = thread::Builder::new().spawn_scoped(scope, answer);
            let work = || {
                let done = guarded(|| {
                    work.work();
                    Ok(())
                });
                // At once: the other workers may wait for what this one did.
                done.unwrap_or_else(|fault| controls.end(Err(fault)));
            };
            let mut workers = Vec::new();
            for number in 0..self.settings.workers {
                let worker = thread::Builder::new().name(format!("tuner worker {number}"));
                match worker.spawn_scoped(scope, work) {
                    Ok(worker) => workers.push(worker),
                    // The others do the work, unless there are none.
                    Err(_) if number > 0 => break,
                    Err(_) => controls.end(Err(SearchError::Setting {
                        setting: "workers",
                        value: self.settings.workers.to_string(),
                        remedy: "the system lets no thread begin; end other programs",
                    })),
                }
            }
            for worker in workers {
                // It has told of its panics itself.
                let _ = worker.join();
            }
            ended.store(true, Ordering::Release);
            if let Ok(answering) = answering {
                answering.thread().unpark();
            }
        });
        core.hide_progress();
        // The last trials may have been dropped after the worker looked that had run them.
        (work.tidy)();
        drop(signals);
        self.conclude(&controls)
    }

    fn conclude(&self, controls: &Controls) -> Result<End, SearchError> {
        let interrupted = controls.is_interrupted();
        let end = controls.why();
        let history = self.study.history();
        if let Err(SearchError::WrongObjective(_)) = &end {
            // What is to be known is that the objective is wrong, and not what else went wrong after it.
            let _ = self.forget_if_nothing_ran();
        }
        let end = end?;
        let running = history.trials().len() - history.ended_count();
        match end {
            Some(end) if running == 0 || !interrupted => {
                if self.settings.progress != Progress::Silent {
                    let table = results_table(&history, 5);
                    say(&format!("the search ended: {end}\n{}", table.trim_end()));
                }
                Ok(end)
            }
            None if !interrupted => Ok(End::Trials),
            _ => Err(SearchError::Interrupted {
                ended: history.ended_count(),
                running,
                // That of a study in memory ends with the process.
                place: Some(self.study.core().storage().place()).filter(|place| place != "memory"),
            }),
        }
    }

    /// Deletes a study that this session began with a wrong objective, so that the mended program
    /// need not be told to go on with another objective. What others found or work on stays.
    fn forget_if_nothing_ran(&self) -> Result<(), SearchError> {
        let core = self.study.core();
        let Some(folder) = self.settings.folder.as_deref().filter(|_| core.is_new()) else {
            return Ok(());
        };
        core.refresh()?;
        let untouched = core.history().trials().iter().all(|record| {
            record.state == State::Running
                && record.executions.iter().all(|run| {
                    // What was trained may be of use under the right name of a constraint.
                    run.metrics.is_none() && run.curve.is_empty()
                })
        });
        if !untouched {
            return Ok(());
        }
        match start_anew(&**core.storage(), core.id(), Some(folder)) {
            Err(SearchError::Study(StudyError::InUse { .. } | StudyError::IsOpen { .. })) => Ok(()),
            done => done,
        }
    }

    /// The study: its trials, its history, its queue.
    pub fn study(&self) -> &Study<T> {
        &self.study
    }

    /// Puts a configuration before all that the sampler proposes, unless it was tried before or waits
    /// already: a program that is started again need not know how far it was.
    ///
    /// # Errors
    /// When the space does not allow it.
    pub fn enqueue(&self, params: &T) -> Result<(), SearchError> {
        let point = self.study.space().encode(params)?;
        let history = self.study.history();
        let point = history.space().adopt(&point)?;
        if !history.knows(&point) {
            self.study.core().enqueue(&point)?;
        }
        Ok(())
    }

    /// The best configuration. Where no trial keeps the constraints, it is the one that misses them by least, as
    /// [`Best::feasible`] of [`Tuner::best_trial`] tells.
    ///
    /// # Errors
    /// When no trial has a result.
    pub fn best_hyperparameters(&self) -> Result<T, SearchError> {
        Ok(self.best_trial()?.params)
    }

    /// The best trial, which is not [`feasible`](Best::feasible) where no trial keeps the constraints.
    ///
    /// # Errors
    /// When no trial has a result.
    pub fn best_trial(&self) -> Result<Best<T>, SearchError> {
        self.study.best().ok_or_else(|| {
            let history = self.study.history();
            let last = history
                .trials()
                .iter()
                .rev()
                .find(|record| record.message.is_some());
            let message = last.and_then(|record| record.message.as_deref());
            let strange = history.trials().iter().filter(|trial| !trial.fits).count();
            SearchError::NoResult {
                hint: match message.map(one_line) {
                    Some(message) => format!(
                        " (the last of {}: {message})",
                        counted(history.trials().len(), "trial")
                    ),
                    None if strange > 0 => format!(
                        " (of {} {strange} {} to another space, and max_trials counts them: raise it)",
                        counted(history.trials().len(), "trial"),
                        if strange == 1 { "belongs" } else { "belong" }
                    ),
                    None => lacking_objective(&history).map_or(String::new(), |lacking| {
                        format!(" ({lacking}; max_trials counts them: raise it)")
                    }),
                },
            }
        })
    }

    /// The `count` best trials, best first.
    pub fn best(&self, count: usize) -> Vec<Best<T>> {
        self.study.best_of(count)
    }

    /// The space as people read it.
    pub fn space_summary(&self) -> String {
        self.study.history().space().to_string()
    }

    /// The ten best trials and the failures, as people read them. With several objectives those of the front come first.
    pub fn results_summary(&self) -> String {
        results_table(&self.study.history(), 10)
    }

    /// The folder of the project; `None` for a study in memory.
    pub fn directory(&self) -> Option<&Path> {
        self.settings.folder.as_deref()
    }

    /// The folder that an execution has for what it keeps; there is one if the execution asked for it and the
    /// trial is among the best.
    pub fn directory_of(&self, trial: u64, execution: u64) -> PathBuf {
        execution_folder(&trial_folder(&self.trials_folder(), trial), execution)
    }

    fn trials_folder(&self) -> PathBuf {
        let folder = self.settings.folder.as_deref().unwrap_or(&self.scratch);
        trials_folder(folder)
    }

    /// The numbers of the best trial and of the best of its executions, whose folder holds the
    /// weights that did best.
    ///
    /// # Errors
    /// When no trial has a result.
    pub fn best_execution(&self) -> Result<(u64, u64), SearchError> {
        let best = self.best_trial()?.number;
        let history = self.study.history();
        let goal = history.goal();
        let runs = history.trial(best).map(|record| record.executions.iter());
        let values = runs.into_iter().flatten().filter_map(|run| {
            let value = run.metrics.as_ref()?.get(&goal.name)?;
            Some((run.number, goal.score(value)))
        });
        // Of equals the first.
        let first = values.reduce(|best, other| if other.1 > best.1 { other } else { best });
        Ok((best, first.map_or(0, |(number, _)| number)))
    }
}

/// Answers the first signal at once, while the running epochs come to their end.
fn answer_signals(ended: &AtomicBool, controls: &Controls, speaker: Option<&Speaker>) {
    const PAUSE: Duration = Duration::from_millis(100);
    while !ended.load(Ordering::Acquire) {
        thread::park_timeout(PAUSE);
        if controls.is_interrupted() {
            if let Some(speaker) = speaker {
                let at_once = match controls.is_signalled() {
                    true => "a second Ctrl-C",
                    false => "Ctrl-C twice",
                };
                speaker.say(&format!(
                    "interrupted: running epochs come to their end and are stored; {at_once} ends at once"
                ));
            }
            return;
        }
    }
}

impl<T: Tunable> Drop for Tuner<T> {
    fn drop(&mut self) {
        if self.settings.folder.is_none() {
            // There is one only if a run asked for its folder.
            let _ = std::fs::remove_dir_all(&self.scratch);
        }
    }
}
