//! Who runs a trial: an opened study of a session.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::lock;
use crate::storage::{OWNER_DIVIDER, Storage, session_of};

/// The studies that are open in this process.
static OPEN: Mutex<BTreeSet<Arc<str>>> = Mutex::new(BTreeSet::new());

/// The owner of the trials of an opened study, alive until it is dropped. Several may share a storage, and so its session.
pub(super) struct Owner {
    name: Arc<str>,
}

impl Owner {
    pub(super) fn begin(session: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name: Arc<str> = format!("{session}{OWNER_DIVIDER}{count}").into();
        lock(&OPEN).insert(name.clone());
        Self { name }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        lock(&OPEN).remove(&self.name);
    }
}

/// Whether somebody works on the trials of this owner, as a session sees it whose name is `own`.
pub(in crate::study) fn is_alive(storage: &dyn Storage, own: &str, owner: &str) -> bool {
    match session_of(owner) == own {
        true => lock(&OPEN).contains(owner),
        false => storage.is_alive(owner),
    }
}
