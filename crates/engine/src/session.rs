//! Sessions: a run that can change resources holds the lock, renews it, and owns the writer of the state.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use ohinfra_state::{Lock, LockInfo, StateDocument, StateError, StateStore};
use tokio::task::JoinHandle;

use crate::Engine;
use crate::events::Event;
use crate::writer::StateWriter;

/// A session: the lock is held and the state can be written.
pub struct Session {
    /// The writer of the state.
    pub writer: Arc<StateWriter>,
    lock: Arc<HeldLock>,
    heartbeat: JoinHandle<()>,
}

/// The lock and the time of its last successful heartbeat.
struct HeldLock {
    lock: Box<dyn Lock>,
    last_seen: Mutex<Timestamp>,
}

impl HeldLock {
    async fn beat(&self, now: Timestamp) -> Result<(), StateError> {
        self.lock.heartbeat(now).await?;
        *self.last_seen.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }

    /// Returns `true` if the lock could expire before the next heartbeat.
    fn is_doubtful(&self, now: Timestamp) -> bool {
        let last_seen = *self.last_seen.lock().unwrap_or_else(PoisonError::into_inner);
        let certain = LockInfo::EXPIRY.saturating_sub(LockInfo::HEARTBEAT * 2);
        now.duration_since(last_seen).unsigned_abs() > certain
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

/// Loads the stored state of a deployment, or creates a new one.
///
/// # Errors
/// [`StateError::OtherDeployment`] if the stored state belongs to another deployment.
pub async fn load(
    store: &dyn StateStore,
    deployment: &str,
    tool_version: &str,
) -> Result<(StateDocument, Option<ohinfra_state::Version>), StateError> {
    match store.read().await? {
        Some(stored) if stored.document.deployment != deployment => Err(StateError::OtherDeployment {
            place: store.place(),
            found: stored.document.deployment,
            expected: deployment.to_owned(),
        }),
        Some(stored) => Ok((stored.document, Some(stored.version))),
        None => Ok((StateDocument::new(deployment, tool_version), None)),
    }
}

impl Session {
    /// Acquires the lock, then reads the state (in this order, to read the latest version).
    #[expect(clippy::disallowed_methods, reason = "the heartbeat lives exactly as long as the session that owns it")]
    pub async fn open(
        engine: &Engine,
        store: Arc<dyn StateStore>,
        deployment: &str,
        info: &LockInfo,
    ) -> Result<Self, StateError> {
        let lock = Arc::new(HeldLock { lock: store.lock(info).await?, last_seen: Mutex::new(info.heartbeat_at) });
        let loaded = load(store.as_ref(), deployment, &engine.tool_version).await;
        let (mut document, version) = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                // Report the error of the read.
                let _ = lock.lock.release().await;
                return Err(error);
            }
        };
        document.tool_version.clone_from(&engine.tool_version);
        let heartbeat = tokio::spawn(beat(engine.clone(), Arc::clone(&lock)));
        let writer = Arc::new(StateWriter::start(store, document, version, Arc::clone(&engine.observer)));
        Ok(Self { writer, lock, heartbeat })
    }

    /// Writes outstanding changes and releases the lock.
    pub async fn close(self) -> Result<(), StateError> {
        let written = self.writer.flush().await;
        self.heartbeat.abort();
        let released = self.lock.lock.release().await;
        written.and(released)
    }

    /// Verifies that the lock is still held before a step starts: after failed heartbeats or a suspended machine, another process
    /// may have replaced it. If this cannot be verified, no further steps are started.
    pub(crate) async fn ensure_lock_held(&self, engine: &Engine) {
        let now = engine.clock.now();
        if self.lock.is_doubtful(now)
            && !engine.interrupt.stop.is_cancelled()
            && let Err(error) = self.lock.beat(now).await
        {
            stop(engine, &error);
        }
    }
}

fn stop(engine: &Engine, error: &StateError) {
    engine.observer.on(&Event::Notice { message: format!("{error}; no further changes will be started") });
    engine.interrupt.stop.cancel();
}

async fn beat(engine: Engine, lock: Arc<HeldLock>) {
    loop {
        tokio::time::sleep(LockInfo::HEARTBEAT).await;
        match lock.beat(engine.clock.now()).await {
            Ok(()) => {}
            Err(error @ StateError::LockLost { .. }) => return stop(&engine, &error),
            // The next heartbeat compensates for a single failure.
            Err(error) => engine.observer.on(&Event::Notice { message: error.to_string() }),
        }
    }
}
