//! An in-memory state store that behaves like the file and S3 stores, with injected faults.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use jiff::Timestamp;
use ohinfra_state::{Holder, Lock, LockInfo, StateDocument, StateError, StateStore, Stored, Version, VersionEntry};
use tokio::sync::Notify;

/// A fault of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteFault {
    /// The write fails because the store is unreachable.
    Refuse,
    /// The write takes effect, but its response is lost.
    LoseAnswer,
    /// Another process acquires the lock and writes before this write.
    Overtaken,
    /// Another process acquires the lock but does not write.
    LockTaken,
    /// The process crashes before the write.
    CrashBefore,
    /// The process crashes after the write.
    CrashAfter,
}

/// Returns the fault of a write, if any. The argument is the index of the write, starting at 0.
pub type WriteFaults = Box<dyn FnMut(u64) -> Option<WriteFault> + Send>;

#[derive(Default)]
struct Inner {
    document: Option<StateDocument>,
    writes: u64,
    holder: Option<LockInfo>,
    refuse: Option<StateError>,
    unreachable: bool,
    asked: u64,
    faults: Option<WriteFaults>,
}

/// Stores the state in memory. Clones share the same state.
#[derive(Clone, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
    /// Notified when a write crashes its caller: the test then drops the run.
    pub crashed: Arc<Notify>,
}

impl MemoryStore {
    fn lock_inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the faults of the following writes, and restarts their index at 0.
    pub fn set_faults(&self, faults: impl FnMut(u64) -> Option<WriteFault> + Send + 'static) {
        let mut inner = self.lock_inner();
        inner.asked = 0;
        inner.faults = Some(Box::new(faults));
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.lock_inner().faults = None;
    }

    /// Simulates another operator that takes over the lock.
    fn take_over_lock(inner: &mut Inner) {
        if let Some(holder) = &mut inner.holder {
            "another operator's".clone_into(&mut holder.id);
        }
    }

    fn access(&self, message: &str) -> StateError {
        StateError::Access { operation: "write", place: self.place(), message: message.to_owned() }
    }

    async fn crash(&self) {
        self.crashed.notify_one();
        std::future::pending::<()>().await;
    }

    fn write_now(&self, document: &StateDocument, expected: Option<&Version>) -> Result<Version, StateError> {
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
    }

    /// Returns the stored document, if any.
    pub fn document(&self) -> Option<StateDocument> {
        self.lock_inner().document.clone()
    }

    /// Stores a document unconditionally.
    pub fn set(&self, document: Option<StateDocument>) {
        let mut inner = self.lock_inner();
        inner.document = document;
        inner.writes += 1;
    }

    /// Returns the number of writes so far.
    pub fn writes(&self) -> u64 {
        self.lock_inner().writes
    }

    /// Sets the error of all following writes; `None` to allow writes again.
    pub fn refuse_writes(&self, error: Option<StateError>) {
        self.lock_inner().refuse = error;
    }

    /// Sets whether the lock is unreachable.
    pub fn lose_lock_contact(&self, unreachable: bool) {
        self.lock_inner().unreachable = unreachable;
    }

    /// Releases the lock, as the operating system does for a file lock when its process ends.
    pub fn holder_died(&self) {
        self.lock_inner().holder = None;
    }
}

struct MemoryLock {
    store: MemoryStore,
    info: LockInfo,
}

impl Lock for MemoryLock {
    fn heartbeat(&self, now: Timestamp) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move {
            let mut inner = self.store.lock_inner();
            if inner.unreachable {
                return Err(self.store.access("unreachable"));
            }
            match inner.holder.as_mut().filter(|holder| holder.id == self.info.id) {
                Some(holder) => {
                    holder.heartbeat_at = now;
                    Ok(())
                }
                None => Err(StateError::LockLost { place: self.store.place() }),
            }
        })
    }

    fn release(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async {
            let mut inner = self.store.lock_inner();
            if inner.holder.as_ref().is_none_or(|holder| holder.id != self.info.id) {
                return Err(StateError::LockLost { place: self.store.place() });
            }
            inner.holder = None;
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

    fn version(&self) -> BoxFuture<'_, Result<Option<Version>, StateError>> {
        Box::pin(async { Ok(self.read().await?.map(|stored| stored.version)) })
    }

    fn read_version<'a>(&'a self, version: &'a str) -> BoxFuture<'a, Result<StateDocument, StateError>> {
        Box::pin(async move {
            Err(StateError::Access {
                operation: "read an older version of",
                place: self.place(),
                message: format!("version `{version}` does not exist"),
            })
        })
    }

    fn write<'a>(
        &'a self,
        document: &'a StateDocument,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StateError>> {
        Box::pin(async move {
            let fault = {
                let mut inner = self.lock_inner();
                let nth = inner.asked;
                inner.asked += 1;
                inner.faults.as_mut().and_then(|faults| faults(nth))
            };
            match fault {
                None => self.write_now(document, expected),
                Some(WriteFault::Refuse) => Err(self.access("refused")),
                Some(WriteFault::LoseAnswer) => {
                    self.write_now(document, expected)?;
                    Err(self.access("the response was lost"))
                }
                Some(WriteFault::Overtaken) => {
                    let mut inner = self.lock_inner();
                    Self::take_over_lock(&mut inner);
                    inner.writes += 1;
                    if let Some(stored) = &mut inner.document {
                        stored.serial += 1;
                    }
                    drop(inner);
                    self.write_now(document, expected)
                }
                Some(WriteFault::LockTaken) => {
                    Self::take_over_lock(&mut self.lock_inner());
                    self.write_now(document, expected)
                }
                Some(WriteFault::CrashBefore) => {
                    self.crash().await;
                    Err(self.access("crashed"))
                }
                Some(WriteFault::CrashAfter) => {
                    self.write_now(document, expected)?;
                    self.crash().await;
                    Err(self.access("crashed"))
                }
            }
        })
    }

    fn lock<'a>(&'a self, info: &'a LockInfo) -> BoxFuture<'a, Result<Box<dyn Lock>, StateError>> {
        Box::pin(async move {
            let mut inner = self.lock_inner();
            // As in S3, a stale lock can be replaced.
            let holder = inner.holder.clone().map(|info| Holder { info, unseen_for: None });
            if let Some(holder) = holder.filter(|holder| !holder.is_expired(info.created_at)) {
                return Err(StateError::Locked { place: self.place(), holder: Box::new(holder.info) });
            }
            inner.holder = Some(info.clone());
            Ok(Box::new(MemoryLock { store: self.clone(), info: info.clone() }) as Box<dyn Lock>)
        })
    }

    fn holder(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>> {
        Box::pin(async { Ok(self.lock_inner().holder.clone().map(|info| Holder { info, unseen_for: None })) })
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
