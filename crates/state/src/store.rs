//! The contract of a place that keeps the state: read, write on condition, lock.

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::document::StateDocument;

/// Which content was read: the condition of the next write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

/// A document that was read.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The document.
    pub document: StateDocument,
    /// Which content it is.
    pub version: Version,
}

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockInfo {
    /// What `unlock` is told.
    pub id: String,
    /// `apply`, `destroy`, …
    pub operation: String,
    /// The user who runs it.
    pub who: String,
    /// The machine it runs on.
    pub host: String,
    /// The process there.
    pub pid: u32,
    /// When it was taken.
    pub created_at: Timestamp,
    /// When the holder was last seen alive.
    pub heartbeat_at: Timestamp,
    /// The version of the tool.
    pub tool_version: String,
}

impl LockInfo {
    /// A holder beats this often.
    pub const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(30);
    /// A lock whose holder has not been seen for this long is taken over: ten missed heartbeats.
    pub const EXPIRY: std::time::Duration = std::time::Duration::from_secs(300);
}

/// Who holds a lock, and for how long nothing has been seen of the holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub info: LockInfo,
    /// The time since its last heartbeat by the store's own clock; none where the store has none.
    pub unseen_for: Option<std::time::Duration>,
}

impl Holder {
    /// The time since the last heartbeat: by the store's clock where it has one, otherwise by the clocks of the two machines.
    pub fn age(&self, now: Timestamp) -> std::time::Duration {
        let by_machines = || now.duration_since(self.info.heartbeat_at).try_into().unwrap_or_default();
        self.unseen_for.unwrap_or_else(by_machines)
    }

    /// Whether nothing has been seen of it for longer than [`LockInfo::EXPIRY`].
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.age(now) > LockInfo::EXPIRY
    }
}

/// A version of the document that the store still has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionEntry {
    /// The store's name for it.
    pub version: String,
    /// When it was written.
    pub written_at: Option<String>,
    /// Its size in bytes.
    pub size: i64,
    /// Whether it is the one that counts.
    pub current: bool,
}

/// A lock that is held.
pub trait Lock: Send + Sync {
    /// Shows that the holder is alive; an error if somebody else has the lock now.
    fn heartbeat(&self, now: Timestamp) -> BoxFuture<'_, Result<(), StateError>>;
    /// Gives it back.
    fn release(&self) -> BoxFuture<'_, Result<(), StateError>>;
}

/// A place that keeps the state of one deployment.
pub trait StateStore: Send + Sync {
    /// Where, for messages: a path or a URL.
    fn place(&self) -> String;
    /// Reads the document; none if there is none yet.
    fn read(&self) -> BoxFuture<'_, Result<Option<Stored>, StateError>>;
    /// Reads an older version.
    fn read_version<'a>(&'a self, version: &'a str) -> BoxFuture<'a, Result<StateDocument, StateError>>;
    /// Writes the document if what is stored is still `expected` (none: if nothing is stored).
    fn write<'a>(
        &'a self,
        document: &'a StateDocument,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StateError>>;
    /// Takes the lock, or says who has it.
    fn lock<'a>(&'a self, info: &'a LockInfo) -> BoxFuture<'a, Result<Box<dyn Lock>, StateError>>;
    /// Who has the lock.
    fn holder(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>>;
    /// Takes the lock away from whoever holds it under this id.
    fn unlock<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<LockInfo, StateError>>;
    /// The versions that are still there, newest first; empty where none are kept.
    fn history(&self) -> BoxFuture<'_, Result<Vec<VersionEntry>, StateError>>;
}

/// What can go wrong with the state.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StateError {
    /// Somebody else has the lock.
    #[error("{place} is locked by {} on {} ({}, process {}, since {})", .holder.who, .holder.host, .holder.operation, .holder.pid, .holder.created_at)]
    Locked {
        /// Where.
        place: String,
        /// Who.
        holder: Box<LockInfo>,
    },
    /// The lock was taken away while it was held.
    #[error("lost the lock on {place}")]
    LockLost {
        /// Where.
        place: String,
    },
    /// There is no lock of this id.
    #[error("no lock with ID `{id}` on {place}")]
    NoSuchLock {
        /// Where.
        place: String,
        /// The id.
        id: String,
        /// The id of the lock that is there.
        held: Option<String>,
    },
    /// Somebody else wrote the state in the meantime.
    #[error("{place} was modified by another process; refusing to overwrite it")]
    Changed {
        /// Where.
        place: String,
    },
    /// What is stored cannot be read.
    #[error("{place} is not a state document: {reason}")]
    Corrupt {
        /// Where.
        place: String,
        /// Why not.
        reason: String,
    },
    /// A newer tool wrote it.
    #[error("{place} has format version {found}; this ohinfra reads versions up to {supported}")]
    TooNew {
        /// Where.
        place: String,
        /// The version found.
        found: u64,
        /// The newest version that can be read.
        supported: u32,
    },
    /// It belongs to another deployment.
    #[error("{place} is the state of deployment `{found}`, not `{expected}`")]
    OtherDeployment {
        /// Where.
        place: String,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// It has another history.
    #[error("lineage mismatch: the document has {found}, {place} has {expected}")]
    OtherLineage {
        /// Where.
        place: String,
        /// The lineage that was offered.
        found: String,
        /// The lineage that is there.
        expected: String,
    },
    /// It is older than what is there.
    #[error("serial {found} is not newer than serial {current} in {place}")]
    OlderSerial {
        /// Where.
        place: String,
        /// The serial that was offered.
        found: u64,
        /// The serial that is there.
        current: u64,
    },
    /// The place does not exist.
    #[error("{place}: the bucket does not exist")]
    NoBucket {
        /// Where.
        place: String,
    },
    /// The place cannot be reached, read or written.
    #[error("failed to {operation} {place}: {message}")]
    Access {
        /// What was tried: `read`, `write`, `lock`, …
        operation: &'static str,
        /// Where.
        place: String,
        /// Why not.
        message: String,
    },
}
