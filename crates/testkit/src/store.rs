//! A state in memory: what the file and S3 do, with faults on demand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use jiff::Timestamp;
use ohinfra_state::{Lock, LockInfo, StateDocument, StateError, StateStore, Stored, Version, VersionEntry};

#[derive(Default)]
struct Inner {
    document: Option<StateDocument>,
    writes: u64,
    holder: Option<LockInfo>,
    refuse: Option<StateError>,
}

/// Keeps the state in memory. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Inner>>);

impl MemoryStore {
    fn lock_inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is stored.
    pub fn document(&self) -> Option<StateDocument> {
        self.lock_inner().document.clone()
    }

    /// Stores a document, whatever is there.
    pub fn set(&self, document: Option<StateDocument>) {
        let mut inner = self.lock_inner();
        inner.document = document;
        inner.writes += 1;
    }

    /// The number of writes so far.
    pub fn writes(&self) -> u64 {
        self.lock_inner().writes
    }

    /// Every write fails like this from now on.
    pub fn refuse_writes(&self, error: Option<StateError>) {
        self.lock_inner().refuse = error;
    }

    /// The process that held the lock is gone, and its lock with it (a file lock).
    pub fn holder_died(&self) {
        self.lock_inner().holder = None;
    }
}

struct MemoryLock {
    store: MemoryStore,
    info: LockInfo,
}

impl Lock for MemoryLock {
    fn heartbeat(&self, _now: Timestamp) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async {
            let held = self.store.lock_inner().holder.as_ref().is_some_and(|holder| holder.id == self.info.id);
            if held { Ok(()) } else { Err(StateError::LockLost { place: self.store.place() }) }
        })
    }

    fn release(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async {
            self.store.lock_inner().holder = None;
            Ok(())
        })
    }
}

impl StateStore for MemoryStore {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn read(&self) -> BoxFuture<'_, Result<Option<Stored>, StateError>> {
        Box::pin(async {
            let inner = self.lock_inner();
            let version = Version(inner.writes.to_string());
            Ok(inner.document.clone().map(|document| Stored { document, version }))
        })
    }

    fn read_version<'a>(&'a self, version: &'a str) -> BoxFuture<'a, Result<StateDocument, StateError>> {
        Box::pin(async move {
            Err(StateError::Access {
                operation: "read an older version of",
                place: self.place(),
                message: format!("there is no version `{version}`"),
            })
        })
    }

    fn write<'a>(
        &'a self,
        document: &'a StateDocument,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StateError>> {
        Box::pin(async move {
            let mut inner = self.lock_inner();
            if let Some(error) = &inner.refuse {
                return Err(error.clone());
            }
            let current = inner.document.as_ref().map(|_| Version(inner.writes.to_string()));
            if current.as_ref() != expected {
                return Err(StateError::Changed { place: self.place() });
            }
            inner.document = Some(document.clone());
            inner.writes += 1;
            Ok(Version(inner.writes.to_string()))
        })
    }

    fn lock<'a>(&'a self, info: &'a LockInfo) -> BoxFuture<'a, Result<Box<dyn Lock>, StateError>> {
        Box::pin(async move {
            let mut inner = self.lock_inner();
            if let Some(holder) = &inner.holder {
                return Err(StateError::Locked { place: self.place(), holder: Box::new(holder.clone()) });
            }
            inner.holder = Some(info.clone());
            Ok(Box::new(MemoryLock { store: self.clone(), info: info.clone() }) as Box<dyn Lock>)
        })
    }

    fn holder(&self) -> BoxFuture<'_, Result<Option<LockInfo>, StateError>> {
        Box::pin(async { Ok(self.lock_inner().holder.clone()) })
    }

    fn unlock<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<LockInfo, StateError>> {
        Box::pin(async move {
            let mut inner = self.lock_inner();
            match inner.holder.take() {
                Some(holder) if holder.id == id => Ok(holder),
                other => {
                    let held = other.as_ref().map(|holder| holder.id.clone());
                    inner.holder = other;
                    Err(StateError::NoSuchLock { place: self.place(), id: id.to_owned(), held })
                }
            }
        })
    }

    fn history(&self) -> BoxFuture<'_, Result<Vec<VersionEntry>, StateError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
