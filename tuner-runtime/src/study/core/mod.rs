//! A study over a flat space: everything but the types.

mod ask;
mod owner;
mod tell;
mod watch;

pub(super) use owner::is_alive;
pub(crate) use tell::{finished, paused};

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::change::differences;
use super::error::StudyError;
use super::observer::Observer;
use super::setup::{OnChange, Setup};
use crate::pruner::Pruner;
use crate::sampler::Sampler;
use crate::space::Point;
use crate::storage::{Guard, Storage, StorageError, StudyId};
use crate::trial::{Event, History, Seq};
use owner::Owner;

/// How often a decision is tried beside others before it is made with the others kept out.
const TRIES: usize = 3;

/// A study: any number of threads may ask and tell at once, and other processes too.
///
/// ```
/// # use tuner_runtime as tuner;
/// use std::sync::Arc;
/// use tuner::{sampler::Random, space::Space, storage::Memory};
/// use tuner::study::{Core, Setup};
/// let (space, _) = Space::from_json(&serde_json::json!([
///     {"name": "rate", "type": "float", "low": 1e-5, "high": 0.1, "log": true},
/// ]))?;
/// let setup = Setup::new(space, Random::new()).objective("loss").seed(7);
/// let study = Core::open(Arc::new(Memory::new()), "example".into(), setup)?;
/// let asked = study.ask()?;
/// study.tell(asked.number, 0.25)?;
/// assert_eq!(study.history().best().and_then(|best| best.value()), Some(0.25));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Core {
    storage: Arc<dyn Storage>,
    id: StudyId,
    sampler: Arc<dyn Sampler>,
    pruner: Option<Arc<dyn Pruner>>,
    max_trials: Option<u64>,
    session: Arc<str>,
    owner: Owner,
    history: Mutex<Arc<History>>,
    /// The place of the last change of what the study is about, as far as this session agrees with it.
    agreed: Seq,
    /// The trials that this session works on right now.
    active: Mutex<BTreeSet<u64>>,
    /// Held by the one that decides.
    deciding: Mutex<()>,
    observers: Mutex<Vec<Box<dyn Observer>>>,
    /// Shows a search while it runs.
    progress: Mutex<Option<Box<dyn Observer>>>,
    /// An observer asked for the end.
    ended_by_observer: AtomicBool,
    /// Whether this session began the study.
    is_new: bool,
}

/// A trial to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Its number.
    pub number: u64,
    /// Its configuration.
    pub point: Point,
    /// The step after which the pruner lets it wait; `None`: it runs to its end.
    pub until: Option<u64>,
    /// Whether it was begun before and goes on: it was paused, or an earlier session left it behind.
    pub resumed: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each holder replaces the value in one step: a panic leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |time| time.as_millis() as u64)
}

impl Core {
    /// Opens the study of that name, or begins it.
    ///
    /// # Errors
    /// When the setup is faulty, the storage fails, or the stored study is another one and
    /// [`Setup::on_change`] does not say to go on.
    pub fn open(storage: Arc<dyn Storage>, id: StudyId, setup: Setup) -> Result<Self, StudyError> {
        let find = || -> Result<Option<StudyId>, StorageError> {
            Ok(storage.list()?.into_iter().find(|known| *known == id))
        };
        // A marked name means the study that it was taken from, and no other of that name.
        let mut found = match id.is_marked() {
            true => Some(id.clone()),
            false => find()?,
        };
        let is_new = found.is_none() && Self::begin(&*storage, &id, &setup)?;
        if found.is_none() {
            found = find()?;
        }
        // From here on no other study of that name is meant.
        let id = found.unwrap_or(id);
        let history = Self::agree(&*storage, &id, &setup)?;
        let session = storage.session()?;
        Ok(Self {
            owner: Owner::begin(&session),
            session,
            storage,
            id,
            sampler: setup.sampler,
            pruner: setup.pruner,
            max_trials: setup.max_trials,
            agreed: history.changed(),
            history: Mutex::new(Arc::new(history)),
            active: Mutex::default(),
            deciding: Mutex::default(),
            observers: Mutex::default(),
            progress: Mutex::default(),
            ended_by_observer: AtomicBool::new(false),
            is_new,
        })
    }

    /// Begins the study, unless another process is first; whether it did.
    fn begin(storage: &dyn Storage, id: &StudyId, setup: &Setup) -> Result<bool, StudyError> {
        let spec = setup.spec(setup.seed.unwrap_or(0))?;
        match storage.create(id, &Event::StudyCreated { spec, at: now() }) {
            Ok(_) => Ok(true),
            Err(StorageError::StudyExists { .. }) => Ok(false),
            Err(fault) => Err(fault.into()),
        }
    }

    /// The stored study as the setup wants it.
    fn agree(storage: &dyn Storage, id: &StudyId, setup: &Setup) -> Result<History, StudyError> {
        loop {
            let mut history = super::load(storage, id)?;
            let spec = setup.spec(setup.seed.unwrap_or(history.spec().seed))?;
            let differences = differences(history.spec(), &spec);
            if differences.is_empty() {
                return Ok(history);
            }
            if setup.on_change == OnChange::Refuse {
                return Err(StudyError::Changed {
                    study: id.to_string(),
                    place: storage.place(),
                    differences,
                });
            }
            super::refuse_if_in_use(storage, id, &history)?;
            let changed = [Event::StudyChanged { spec, at: now() }];
            match storage.append(id, Guard::Decision(history.seq()), &changed) {
                // Somebody began a trial meanwhile, or changed the study, perhaps to what is asked for.
                Err(StorageError::Conflict) => {}
                last => {
                    let last = last?;
                    let news = storage.read(id, history.seq())?;
                    // What came later is looked at when it is taken in.
                    for (seq, event) in news.iter().filter(|(seq, _)| *seq <= last) {
                        history.apply(*seq, event)?;
                    }
                    return Ok(history);
                }
            }
        }
    }

    /// Refuses a study that another session changed since this one opened it: a result would count for another objective.
    fn refuse_if_changed(&self, history: &History) -> Result<(), StudyError> {
        if history.changed() == self.agreed {
            return Ok(());
        }
        Err(StudyError::ChangedMeanwhile {
            study: self.id.to_string(),
            place: self.storage.place(),
        })
    }

    /// The study's name.
    pub fn id(&self) -> &StudyId {
        &self.id
    }

    /// Where it is stored.
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// Whether this session began the study, rather than found it.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The session that opened it.
    pub(super) fn session(&self) -> &Arc<str> {
        &self.session
    }

    /// Whether this session runs the trial.
    pub(super) fn runs(&self, number: u64) -> bool {
        let history = self.history();
        let record = history.trial(number);
        record.is_some_and(|record| crate::storage::session_of(&record.owner) == &*self.session)
    }

    /// The owner of the trials of this study as it was opened here: the session, and which of the studies it opened.
    pub fn owner(&self) -> &Arc<str> {
        self.owner.name()
    }

    /// The sampler.
    pub fn sampler(&self) -> &dyn Sampler {
        &*self.sampler
    }

    /// How many trials there are at most.
    pub fn max_trials(&self) -> Option<u64> {
        self.max_trials
    }

    /// All that is known now. It does not change while it is held.
    pub fn history(&self) -> Arc<History> {
        lock(&self.history).clone()
    }

    /// The study's seed.
    pub fn seed(&self) -> u64 {
        lock(&self.history).spec().seed
    }

    /// Takes in what other processes added.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn refresh(&self) -> Result<(), StudyError> {
        let known = lock(&self.history).seq();
        let news = self.storage.read(&self.id, known)?;
        self.take_in(&news)
    }

    fn take_in(&self, news: &[(Seq, Event)]) -> Result<(), StudyError> {
        let mut history = lock(&self.history);
        for (seq, event) in news {
            // Another thread may have taken in some of them meanwhile.
            if *seq == history.seq() + 1 {
                Arc::make_mut(&mut history).apply(*seq, event)?;
            }
        }
        Ok(())
    }

    /// Stores events and takes them in, with all that came before them.
    fn commit(&self, guard: Guard, events: &[Event]) -> Result<(), StudyError> {
        let last = self.storage.append(&self.id, guard, events)?;
        {
            let mut history = lock(&self.history);
            if history.seq() + events.len() as Seq == last {
                let history = Arc::make_mut(&mut history);
                for event in events {
                    history.apply(history.seq() + 1, event)?;
                }
                return Ok(());
            }
        }
        self.refresh()
    }

    /// Decides, while `deciding` is held: what `choose` answers to all that is known is stored,
    /// unless what it rests on changed meanwhile; then it is asked again.
    fn decide<R>(
        &self,
        mut choose: impl FnMut(&History) -> Result<(Vec<Event>, R), StudyError>,
    ) -> Result<R, StudyError> {
        for _ in 0..TRIES {
            let history = self.history();
            self.refuse_if_changed(&history)?;
            let (events, result) = choose(&history)?;
            let guard = match events.first() {
                // It rests on this trial alone, which may have ended since it was looked at.
                Some(Event::TrialResumed { number, .. } | Event::TrialFinished { number, .. }) => {
                    Guard::Trial(*number, history.seq())
                }
                _ => Guard::Decision(history.seq()),
            };
            // Held any longer, it would have to be copied to take the events in.
            drop(history);
            match self.commit(guard, &events) {
                Ok(()) => {
                    self.show(&events);
                    return Ok(result);
                }
                Err(StudyError::Storage(StorageError::Conflict)) => self.refresh()?,
                Err(fault) => return Err(fault),
            }
        }
        let (events, result) = self.decide_alone(choose)?;
        self.show(&events);
        Ok(result)
    }

    /// The same while every other session is kept out, with what was stored.
    fn decide_alone<R>(
        &self,
        mut choose: impl FnMut(&History) -> Result<(Vec<Event>, R), StudyError>,
    ) -> Result<(Vec<Event>, R), StudyError> {
        let history = self.history();
        let mut answer: Option<Result<R, StudyError>> = None;
        let mut decided = Vec::new();
        self.storage.decide(&self.id, history.seq(), &mut |news| {
            let mut latest = (*history).clone();
            let caught_up = news
                .iter()
                .try_for_each(|(seq, event)| latest.apply(*seq, event));
            let chosen = caught_up
                .map_err(StudyError::from)
                .and_then(|()| self.refuse_if_changed(&latest))
                .and_then(|()| choose(&latest));
            match chosen {
                Ok((events, result)) => {
                    answer = Some(Ok(result));
                    decided.clone_from(&events);
                    events
                }
                Err(fault) => {
                    answer = Some(Err(fault));
                    Vec::new()
                }
            }
        })?;
        drop(history);
        self.refresh()?;
        let result = answer.expect("a storage that succeeds has called `decide`")?;
        Ok((decided, result))
    }
}
