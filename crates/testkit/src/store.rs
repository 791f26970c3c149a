//! A state in memory: what the file and S3 do, with faults on demand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use jiff::Timestamp;
use ohinfra_state::{Holder, Lock, LockInfo, StateDocument, StateError, StateStore, Stored, Version, VersionEntry};
use tokio::sync::Notify;

/// What goes wrong with a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteFault {
    /// It is refused: the place cannot be reached.
    Refuse,
    /// It has its effect, and the answer is lost.
    LoseAnswer,
    /// Somebody else has taken the lock and written before it.
    Overtaken,
    /// Somebody else has taken the lock, and writes nothing.
    LockTaken,
    /// The process dies before it.
    CrashBefore,
    /// The process dies after it.
    CrashAfter,
}

/// Decides what goes wrong with a write: the argument counts from 0.
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

/// Keeps the state in memory. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
    /// Told when a write crashes its caller: the test drops the run then.
    pub crashed: Arc<Notify>,
}

impl MemoryStore {
    fn lock_inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what goes wrong with writes from now on, which are counted from 0.
    pub fn set_faults(&self, faults: impl FnMut(u64) -> Option<WriteFault> + Send + 'static) {
        let mut inner = self.lock_inner();
        inner.asked = 0;
        inner.faults = Some(Box::new(faults));
    }

    /// Nothing goes wrong from now on.
    pub fn clear_faults(&self) {
        self.lock_inner().faults = None;
    }

    /// Another operator takes the lock, whoever holds it.
    fn take_lock_away(inner: &mut Inner) {
        if let Some(holder) = &mut inner.holder {
            "somebody else's".clone_into(&mut holder.id);
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

    /// Whether the lock cannot be reached from now on.
    pub fn lose_lock_contact(&self, unreachable: bool) {
        self.lock_inner().unreachable = unreachable;
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
                    Err(self.access("the answer was lost"))
                }
                Some(WriteFault::Overtaken) => {
                    let mut inner = self.lock_inner();
                    Self::take_lock_away(&mut inner);
                    inner.writes += 1;
                    if let Some(stored) = &mut inner.document {
                        stored.serial += 1;
                    }
                    drop(inner);
                    self.write_now(document, expected)
                }
                Some(WriteFault::LockTaken) => {
                    Self::take_lock_away(&mut self.lock_inner());
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
            // As in S3: a holder that has not been seen for so long is gone.
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
