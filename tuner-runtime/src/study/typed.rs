//! A study of a Rust type: the same as [`Core`], with values in place of points.

use std::fmt;
use std::sync::Arc;

use super::core::{Asked, Core};
use super::error::StudyError;
use super::report::Report;
use super::setup::{OnChange, Setup};
use super::trial::{Meant, Origin, Trial};
use crate::pruner::{Pruner, Verdict};
use crate::sampler::{Auto, Sampler};
use crate::space::{Handle, Point, Tunable};
use crate::storage::{Memory, Storage, StudyId};
use crate::trial::{Constraint, History, Metrics, Objective, TrialRecord};

/// A study of the type `T`, driven by hand: ask for a trial, run it, tell what came of it.
///
/// ```
/// # extern crate tuner_runtime as tuner;
/// use tuner::{sampler::Random, space::{Tunable, tunable}, study::Study, trial::Objective};
/// #[tunable]
/// #[derive(Debug, Clone)]
/// struct Parabola {
///     #[hp(float = -10.0..=10.0)]
///     x: f64,
/// }
/// # fn main() -> Result<(), tuner::study::StudyError> {
/// let study = Study::<Parabola>::in_memory(Random::new(), Objective::minimize("loss"), 42)?;
/// for _ in 0..20 {
///     let trial = study.ask()?;
///     let loss = (trial.params.x - 2.0).powi(2);
///     study.tell(trial, loss)?;
/// }
/// let best = study.best().expect("20 trials are finished");
/// assert!(best.value < 10.0, "{:?}", best.params);
/// # Ok(())
/// # }
/// ```
pub struct Study<T: Tunable> {
    core: Arc<Core>,
    handle: T::Space,
}

/// A finished trial that is among the best.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Best<T> {
    /// The configuration.
    pub params: T,
    /// The value of the first objective: the mean over the executions.
    pub value: f64,
    /// The number of the trial.
    pub number: u64,
    /// The configuration by parameter name.
    pub point: Point,
    /// All metrics: the means over the executions.
    pub metrics: Metrics,
    /// Whether it keeps every constraint; false for the best one where no trial does.
    pub feasible: bool,
}

impl<T: Tunable> Study<T> {
    /// A study that lives as long as the process.
    ///
    /// # Errors
    /// When the objective has no direction, or the sampler cannot search the space.
    pub fn in_memory(
        sampler: impl Sampler + 'static,
        objective: impl Into<Objective>,
        seed: u64,
    ) -> Result<Self, StudyError> {
        Self::with_space(T::space(), sampler, objective, seed)
    }

    /// The same over a narrowed space.
    ///
    /// # Errors
    /// As for [`Study::in_memory`], and when a default lies outside of what its parameter allows.
    pub fn with_space(
        space: T::Space,
        sampler: impl Sampler + 'static,
        objective: impl Into<Objective>,
        seed: u64,
    ) -> Result<Self, StudyError> {
        let builder = Self::builder().space(space).sampler(sampler);
        builder.objective(objective).seed(seed).build()
    }

    /// A study with more to say: where it is stored, several objectives, constraints.
    pub fn builder() -> StudyBuilder<T> {
        StudyBuilder {
            space: T::space(),
            sampler: None,
            pruner: None,
            objectives: Vec::new(),
            constraints: Vec::new(),
            seed: None,
            max_trials: None,
            on_change: OnChange::Refuse,
            storage: None,
            name: "study".into(),
        }
    }

    /// The study over points, which does the work.
    pub fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The search space.
    pub fn space(&self) -> &T::Space {
        &self.handle
    }

    /// All that is known now.
    pub fn history(&self) -> Arc<History> {
        self.core.history()
    }

    /// The next trial: one that was paused and goes on, as the pruner says, else one from the queue, else the sampler's.
    ///
    /// # Errors
    /// When none is left ([`StudyError::is_end`]), a running one is to end first ([`StudyError::Waiting`]), or the
    /// storage fails.
    pub fn ask(&self) -> Result<Trial<T>, StudyError> {
        self.decode(self.core.ask()?)
    }

    /// A trial that an ended session left behind, else the next one. A trial that was left behind begins anew: what it had
    /// reported is forgotten.
    ///
    /// # Errors
    /// As for [`Study::ask`].
    pub fn ask_or_resume(&self) -> Result<Trial<T>, StudyError> {
        self.decode(self.core.ask_or_resume()?)
    }

    fn decode(&self, asked: Asked) -> Result<Trial<T>, StudyError> {
        Ok(Trial {
            params: self.handle.decode(&asked.point)?,
            number: asked.number,
            point: asked.point,
            until: asked.until,
            origin: Origin::of(&self.core),
        })
    }

    /// Ends a trial with its result: the value of the objective, or metrics by name. A result that is NaN or
    /// infinite makes the trial failed.
    ///
    /// # Errors
    /// When the trial has ended before or is another study's, or the result lacks an objective or a metric that a constraint is
    /// on.
    pub fn tell(
        &self,
        trial: impl Into<Meant>,
        result: impl Into<Report>,
    ) -> Result<(), StudyError> {
        self.core.tell(trial.into().of(&self.core)?, result)
    }

    /// Ends a trial without a result.
    ///
    /// # Errors
    /// When the trial has ended before.
    pub fn fail(
        &self,
        trial: impl Into<Meant>,
        message: impl fmt::Display,
    ) -> Result<(), StudyError> {
        self.core
            .fail(trial.into().of(&self.core)?, message.to_string())
    }

    /// Ends a trial early, without a result.
    ///
    /// # Errors
    /// When the trial has ended before.
    pub fn prune(
        &self,
        trial: impl Into<Meant>,
        message: impl fmt::Display,
    ) -> Result<(), StudyError> {
        self.core
            .prune(trial.into().of(&self.core)?, message.to_string())
    }

    /// Lets a trial wait, after a report that was answered with [`Verdict::Pause`]: it has no result unless
    /// [`Study::ask`] goes on with it. What is reported then comes after what was reported before.
    ///
    /// # Errors
    /// When the trial has ended before, or waits already.
    pub fn pause(&self, trial: impl Into<Meant>) -> Result<(), StudyError> {
        self.core.pause(trial.into().of(&self.core)?)
    }

    /// Stores what a trial measured so far, and asks the pruner whether to go on.
    ///
    /// Each step is to be reported once, in ascending order. That is not checked: reports are stored as they come, and
    /// pruners compare trials at the same step.
    ///
    /// # Errors
    /// When the trial has ended, or an objective is missing.
    pub fn report(
        &self,
        trial: &Trial<T>,
        step: u64,
        report: impl Into<Report>,
    ) -> Result<Verdict, StudyError> {
        let number = Meant::from(trial).of(&self.core)?;
        self.core.report(number, 0, step, report)
    }

    /// Puts a configuration before all that the sampler proposes.
    ///
    /// # Errors
    /// When the space does not allow it.
    pub fn enqueue(&self, params: &T) -> Result<(), StudyError> {
        self.core.enqueue(&self.handle.encode(params)?)
    }

    /// Enqueues the `count` best configurations of an older study, mended where they do not fit. Those
    /// that were tried already or wait are passed over, so that a program that is started again need
    /// not know how far it was. Returns how many were added; three are a good number. What the older study
    /// measured is kept too, for samplers that learn from it, as the Gaussian process does.
    ///
    /// # Errors
    /// When an objective of the same name has the other direction there, or the storage fails.
    pub fn warm_start(&self, older: &History, count: usize) -> Result<usize, StudyError> {
        self.core.warm_start(older, count)
    }

    /// Every trial, by number.
    pub fn trials(&self) -> Vec<Arc<TrialRecord>> {
        self.history().trials().to_vec()
    }

    /// The configuration of a trial; `None` when the space does not hold it any more.
    pub fn params(&self, record: &TrialRecord) -> Option<T> {
        let point = self.history().space().adopt(&record.point).ok()?;
        self.handle.decode(&point).ok()
    }

    /// The best finished trial: constraints first, then the first objective. Where no trial keeps the constraints, it is
    /// the one that misses them by least, and not [`feasible`](Best::feasible).
    pub fn best(&self) -> Option<Best<T>> {
        self.as_best(self.history().best()?)
    }

    /// The `count` best finished trials, best first.
    pub fn best_of(&self, count: usize) -> Vec<Best<T>> {
        let records = self.history().best_trials(count);
        records
            .iter()
            .filter_map(|record| self.as_best(record))
            .collect()
    }

    /// With several objectives: the finished trials that no other one is at least as good as in
    /// every objective and better in one, by number. Trials that miss a constraint count only when
    /// all do, which [`Best::feasible`] tells.
    pub fn front(&self) -> Vec<Best<T>> {
        let history = self.history();
        let front = super::front(&history);
        front
            .into_iter()
            .filter_map(|number| self.as_best(history.trial(number)?))
            .collect()
    }

    /// The hypervolume between the front and a reference point that is worse than anything of interest, in the units
    /// of the objectives (see [`hypervolume`](super::hypervolume)): it grows as the front improves anywhere.
    ///
    /// # Errors
    /// When the reference does not have one number for each objective.
    pub fn hypervolume(&self, reference: &[f64]) -> Result<f64, StudyError> {
        super::hypervolume(&self.history(), reference)
    }

    /// Notes something about a trial; null removes the note.
    ///
    /// # Errors
    /// When there is no such trial, or the storage fails.
    pub fn set_attribute(
        &self,
        trial: impl Into<Meant>,
        name: &str,
        value: impl Into<serde_json::Value>,
    ) -> Result<(), StudyError> {
        let number = trial.into().of(&self.core)?;
        self.core.set_attribute(Some(number), name, value)
    }

    /// Notes something about the study; null removes the note.
    ///
    /// # Errors
    /// When the study keeps something of its own by that name (`warm_start`), or the storage fails.
    pub fn set_study_attribute(
        &self,
        name: &str,
        value: impl Into<serde_json::Value>,
    ) -> Result<(), StudyError> {
        self.core.set_attribute(None, name, value)
    }

    fn as_best(&self, record: &TrialRecord) -> Option<Best<T>> {
        Some(Best {
            params: self.params(record)?,
            value: record.value()?,
            number: record.number,
            point: record.point.clone(),
            metrics: record.metrics.clone(),
            feasible: record.is_feasible(),
        })
    }
}

impl<T: Tunable> fmt::Debug for Study<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Study")
            .field("id", self.core.id())
            .field("place", &self.core.storage().place())
            .field("trials", &self.history().trials().len())
            .finish_non_exhaustive()
    }
}

/// Says what a study is to be; [`StudyBuilder::build`] checks it.
#[must_use]
pub struct StudyBuilder<T: Tunable> {
    space: T::Space,
    sampler: Option<Arc<dyn Sampler>>,
    pruner: Option<Arc<dyn Pruner>>,
    objectives: Vec<Objective>,
    constraints: Vec<Constraint>,
    seed: Option<u64>,
    max_trials: Option<u64>,
    on_change: OnChange,
    storage: Option<Arc<dyn Storage>>,
    name: StudyId,
}

impl<T: Tunable> StudyBuilder<T> {
    /// A narrowed space.
    pub fn space(mut self, space: T::Space) -> Self {
        self.space = space;
        self
    }

    /// Who proposes configurations; [`Auto`] unless set.
    pub fn sampler(mut self, sampler: impl Sampler + 'static) -> Self {
        self.sampler = Some(Arc::new(sampler));
        self
    }

    /// Who ends trials early; nobody unless set.
    pub fn pruner(mut self, pruner: impl Pruner + 'static) -> Self {
        self.pruner = Some(Arc::new(pruner));
        self
    }

    /// What to make large or small. The first decides where one is asked for.
    pub fn objective(mut self, objective: impl Into<Objective>) -> Self {
        self.objectives.push(objective.into());
        self
    }

    /// A bound that a solution must keep.
    pub fn constraint(mut self, constraint: Constraint) -> Self {
        self.constraints.push(constraint);
        self
    }

    /// What every random number follows from; unless set, 0 or that of the stored study.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many trials there are at most; no limit unless set.
    pub fn max_trials(mut self, count: u64) -> Self {
        self.max_trials = Some(count);
        self
    }

    /// What to do when the stored study is another one; it is refused unless set.
    pub fn on_change(mut self, on_change: OnChange) -> Self {
        self.on_change = on_change;
        self
    }

    /// Where the study is stored; in memory unless set.
    pub fn storage(self, storage: impl Storage + 'static) -> Self {
        self.shared_storage(Arc::new(storage))
    }

    /// The same for a storage that others use too.
    pub fn shared_storage(mut self, storage: Arc<dyn Storage>) -> Self {
        self.storage = Some(storage);
        self
    }

    /// The name of the study in its storage; `study` unless set.
    pub fn name(mut self, name: impl Into<StudyId>) -> Self {
        self.name = name.into();
        self
    }

    /// Checks everything, and opens the study or begins it.
    ///
    /// # Errors
    /// When something is missing or faulty, the storage fails, or the stored study is another one.
    pub fn build(self) -> Result<Study<T>, StudyError> {
        let setup = self.setup()?;
        let storage = self.storage.unwrap_or_else(|| Arc::new(Memory::new()));
        Ok(Study {
            core: Arc::new(Core::open(storage, self.name, setup)?),
            handle: self.space,
        })
    }

    /// Checks all that can be checked before the storage is touched.
    pub(crate) fn check(&self) -> Result<(), StudyError> {
        self.setup()?.spec(self.seed.unwrap_or(0)).map(drop)
    }

    fn setup(&self) -> Result<Setup, StudyError> {
        let sampler = self.sampler.clone();
        Ok(Setup {
            space: self.space.flatten()?,
            objectives: self.objectives.clone(),
            constraints: self.constraints.clone(),
            sampler: sampler.unwrap_or_else(|| Arc::new(Auto::new())),
            pruner: self.pruner.clone(),
            seed: self.seed,
            max_trials: self.max_trials,
            on_change: self.on_change,
        })
    }
}
