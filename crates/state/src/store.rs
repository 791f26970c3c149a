//! The interface of a state store: read, conditional write, lock.

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::document::StateDocument;

/// A version of the stored content, used as the condition of the next write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

/// A document as read from the store.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The document.
    pub document: StateDocument,
    /// The version of the content.
    pub version: Version,
}

/// The holder of a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockInfo {
    /// The lock ID, as passed to `unlock`.
    pub id: String,
    /// The operation: `apply`, `destroy`, …
    pub operation: String,
    /// The user.
    pub who: String,
    /// The hostname.
    pub host: String,
    /// The process ID.
    pub pid: u32,
    /// The time when the lock was acquired.
    pub created_at: Timestamp,
    /// The time of the last heartbeat.
    pub heartbeat_at: Timestamp,
    /// The version of ohinfra.
    pub tool_version: String,
}

impl LockInfo {
    /// The interval between heartbeats.
    pub const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(30);
    /// The time without a heartbeat after which a lock is stale and can be replaced: ten missed heartbeats.
    pub const EXPIRY: std::time::Duration = std::time::Duration::from_secs(300);
}

/// The holder of a lock and the time since its last heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The holder.
    pub info: LockInfo,
    /// The time since the last heartbeat by the clock of the store; `None` if the store has no clock.
    pub unseen_for: Option<std::time::Duration>,
}

impl Holder {
    /// Returns the time since the last heartbeat: by the clock of the store if it has one, otherwise by the clocks of the two
    /// machines.
    pub fn age(&self, now: Timestamp) -> std::time::Duration {
        let by_machines = || now.duration_since(self.info.heartbeat_at).try_into().unwrap_or_default();
        self.unseen_for.unwrap_or_else(by_machines)
    }

    /// Returns `true` if the last heartbeat is older than [`LockInfo::EXPIRY`].
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.age(now) > LockInfo::EXPIRY
    }
}

/// A stored version of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionEntry {
    /// The version ID assigned by the store.
    pub version: String,
    /// The time of the write.
    pub written_at: Option<String>,
    /// The size in bytes.
    pub size: i64,
    /// `true` for the current version.
    pub current: bool,
}

/// An acquired lock.
pub trait Lock: Send + Sync {
    /// Renews the lock.
    ///
    /// # Errors
    /// [`StateError::LockLost`] if another process holds the lock now.
    fn heartbeat(&self, now: Timestamp) -> BoxFuture<'_, Result<(), StateError>>;
    /// Releases the lock.
    fn release(&self) -> BoxFuture<'_, Result<(), StateError>>;
}

/// A store for the state of one deployment.
pub trait StateStore: Send + Sync {
    /// Returns the location of the state for messages: a path or a URL.
    fn place(&self) -> String;
    /// Reads the document; `None` if it does not exist.
    fn read(&self) -> BoxFuture<'_, Result<Option<Stored>, StateError>>;
    /// Returns the current version without parsing the document, which may be corrupt; `None` if there is no document.
    fn version(&self) -> BoxFuture<'_, Result<Option<Version>, StateError>>;
    /// Reads an older version.
    fn read_version<'a>(&'a self, version: &'a str) -> BoxFuture<'a, Result<StateDocument, StateError>>;
    /// Writes the document if the stored version is still `expected` (`None`: if no document exists).
    fn write<'a>(
        &'a self,
        document: &'a StateDocument,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StateError>>;
    /// Acquires the lock.
    ///
    /// # Errors
    /// [`StateError::Locked`] if another process holds the lock.
    fn lock<'a>(&'a self, info: &'a LockInfo) -> BoxFuture<'a, Result<Box<dyn Lock>, StateError>>;
    /// Returns the holder of the lock, if any.
    fn holder(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>>;
    /// Forcibly releases the lock with this ID and returns its holder.
    fn unlock<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<LockInfo, StateError>>;
    /// Returns the stored versions, newest first; empty if the store does not keep older versions.
    fn history(&self) -> BoxFuture<'_, Result<Vec<VersionEntry>, StateError>>;
}

/// An error of a state store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StateError {
    /// Another process holds the lock.
    #[error("{place} is locked by {} on {} ({}, process {}, since {})", .holder.who, .holder.host, .holder.operation, .holder.pid, .holder.created_at)]
    Locked {
        /// The location of the state or lock.
        place: String,
        /// The holder of the lock.
        holder: Box<LockInfo>,
    },
    /// The lock was released or replaced by another process.
    #[error("lost the lock on {place}")]
    LockLost {
        /// The location of the state or lock.
        place: String,
    },
    /// No lock with this ID exists.
    #[error("no lock with ID `{id}` on {place}")]
    NoSuchLock {
        /// The location of the state or lock.
        place: String,
        /// The requested ID.
        id: String,
        /// The ID of the existing lock, if any.
        held: Option<String>,
    },
    /// Another process modified the state.
    #[error("{place} was modified by another process; refusing to overwrite it")]
    Changed {
        /// The location of the state or lock.
        place: String,
    },
    /// The stored document is invalid.
    #[error("{place} is not a state document: {reason}")]
    Corrupt {
        /// The location of the state or lock.
        place: String,
        /// The reason.
        reason: String,
    },
    /// The document has a format version that this version of ohinfra does not support.
    #[error("{place} has format version {found}; this ohinfra reads versions up to {supported}")]
    TooNew {
        /// The location of the state or lock.
        place: String,
        /// The format version of the document.
        found: u64,
        /// The newest supported format version.
        supported: u32,
    },
    /// The state belongs to another deployment.
    #[error("{place} is the state of deployment `{found}`, not `{expected}`")]
    OtherDeployment {
        /// The location of the state or lock.
        place: String,
        /// The deployment of the state.
        found: String,
        /// The configured deployment.
        expected: String,
    },
    /// The lineage differs from the stored one.
    #[error("lineage mismatch: the document has {found}, {place} has {expected}")]
    OtherLineage {
        /// The location of the state or lock.
        place: String,
        /// The lineage of the document.
        found: String,
        /// The stored lineage.
        expected: String,
    },
    /// The serial is not newer than the stored one.
    #[error("serial {found} is not newer than serial {current} in {place}")]
    OlderSerial {
        /// The location of the state or lock.
        place: String,
        /// The serial of the document.
        found: u64,
        /// The stored serial.
        current: u64,
    },
    /// The bucket does not exist.
    #[error("{place}: the bucket does not exist")]
    NoBucket {
        /// The location of the state or lock.
        place: String,
    },
    /// The store cannot be read or written.
    #[error("failed to {operation} {place}: {message}")]
    Access {
        /// The failed operation: `read`, `write`, `lock`, …
        operation: &'static str,
        /// The location of the state or lock.
        place: String,
        /// The cause.
        message: String,
    },
}
