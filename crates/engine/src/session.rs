//! A run that may change things: it holds the lock, keeps it alive, and owns the state's writer.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use ohinfra_state::{Lock, LockInfo, StateDocument, StateError, StateStore};
use tokio::task::JoinHandle;

use crate::Engine;
use crate::events::Event;
use crate::writer::StateWriter;

/// The lock is held and the state can be written.
pub struct Session {
    /// The state's writer.
    pub writer: StateWriter,
    lock: Arc<HeldLock>,
    heartbeat: JoinHandle<()>,
}

/// The lock, and when it was last certain that it is held.
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

    /// Whether somebody else might take it over before the next heartbeat.
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

/// The state of a deployment: what is stored, or a new one. Refuses another deployment's.
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
    /// Takes the lock, then reads the state (in this order, so that it is the last one).
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
                // The error of the read is the one to report.
                let _ = lock.lock.release().await;
                return Err(error);
            }
        };
        document.tool_version.clone_from(&engine.tool_version);
        let heartbeat = tokio::spawn(beat(engine.clone(), Arc::clone(&lock)));
        let writer = StateWriter::start(store, document, version, Arc::clone(&engine.observer));
        Ok(Self { writer, lock, heartbeat })
    }

    /// Writes what is left to write and gives the lock back.
    pub async fn close(self) -> Result<(), StateError> {
        let written = self.writer.flush().await;
        self.heartbeat.abort();
        let released = self.lock.lock.release().await;
        written.and(released)
    }

    /// Makes sure that the lock is held before something is started: after heartbeats that failed or a machine that slept,
    /// somebody else may have taken it over. If it cannot be made sure of, nothing more is started.
    pub(crate) async fn make_sure(&self, engine: &Engine) {
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
    engine.observer.on(&Event::Notice { message: format!("{error}; nothing more is started") });
    engine.interrupt.stop.cancel();
}

async fn beat(engine: Engine, lock: Arc<HeldLock>) {
    loop {
        tokio::time::sleep(LockInfo::HEARTBEAT).await;
        match lock.beat(engine.clock.now()).await {
            Ok(()) => {}
            Err(error @ StateError::LockLost { .. }) => return stop(&engine, &error),
            // A heartbeat that fails once is made up for by the next one.
            Err(error) => engine.observer.on(&Event::Notice { message: error.to_string() }),
        }
    }
}
