//! A run that may change things: it holds the lock, keeps it alive, and owns the state's writer.

use std::sync::Arc;

use ohinfra_state::{Lock, LockInfo, StateDocument, StateError, StateStore};
use tokio::task::JoinHandle;

use crate::Engine;
use crate::events::Event;
use crate::writer::StateWriter;

/// The lock is held and the state can be written.
pub struct Session {
    /// The state's writer.
    pub writer: StateWriter,
    lock: Arc<dyn Lock>,
    heartbeat: JoinHandle<()>,
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
        let lock: Arc<dyn Lock> = Arc::from(store.lock(info).await?);
        let loaded = load(store.as_ref(), deployment, &engine.tool_version).await;
        let (mut document, version) = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                // The error of the read is the one to report.
                let _ = lock.release().await;
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
        let released = self.lock.release().await;
        written.and(released)
    }
}

async fn beat(engine: Engine, lock: Arc<dyn Lock>) {
    loop {
        tokio::time::sleep(LockInfo::HEARTBEAT).await;
        match lock.heartbeat(engine.clock.now()).await {
            Ok(()) => {}
            Err(error @ StateError::LockLost { .. }) => {
                engine.observer.on(&Event::Notice { message: format!("{error}; nothing more is started") });
                engine.interrupt.stop.cancel();
                return;
            }
            // A heartbeat that fails once is made up for by the next one.
            Err(error) => engine.observer.on(&Event::Notice { message: error.to_string() }),
        }
    }
}
