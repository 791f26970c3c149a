//! The single writer of the state. Changes made during a write are combined into the next one.

use std::sync::{Arc, Mutex, PoisonError};

use ohinfra_state::{StateDocument, StateError, StateStore, Version};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::events::{Event, Observer};

/// Writes the document in the background after each change.
pub struct StateWriter {
    document: Arc<Mutex<StateDocument>>,
    changed: Arc<Notify>,
    /// The number of changes requested so far.
    asked: Arc<Mutex<u64>>,
    done: watch::Receiver<Progress>,
    task: JoinHandle<()>,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    /// The number of changes written so far.
    written: u64,
    error: Option<StateError>,
}

impl StateWriter {
    /// Starts a writer for a document that was read with `version` (`None`: never written).
    #[expect(clippy::disallowed_methods, reason = "the task lives exactly as long as the session that owns it")]
    pub fn start(
        store: Arc<dyn StateStore>,
        document: StateDocument,
        version: Option<Version>,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let document = Arc::new(Mutex::new(document));
        let changed = Arc::new(Notify::new());
        let asked = Arc::new(Mutex::new(0));
        let (sender, done) = watch::channel(Progress::default());
        let task = tokio::spawn({
            let (document, changed, asked) = (Arc::clone(&document), Arc::clone(&changed), Arc::clone(&asked));
            async move {
                let (mut version, mut written_upto) = (version, 0);
                loop {
                    changed.notified().await;
                    let (snapshot, upto) = {
                        let mut document = lock(&document);
                        let upto = *lock(&asked);
                        // The change was already included in the previous write. An extra write that is not awaited could
                        // reach the store after the lock is released.
                        if upto == written_upto {
                            continue;
                        }
                        document.serial += 1;
                        (document.clone(), upto)
                    };
                    let result = store.write(&snapshot, version.as_ref()).await;
                    match result {
                        Ok(written) => {
                            observer.on(&Event::StateSaved { serial: snapshot.serial });
                            version = Some(written);
                            written_upto = upto;
                            let _ = sender.send_replace(Progress { written: upto, error: None });
                        }
                        Err(error) => {
                            let _ = sender.send_replace(Progress { written: upto, error: Some(error) });
                            return;
                        }
                    }
                }
            }
        });
        Self { document, changed, asked, done, task }
    }

    /// Changes the document and schedules a write.
    pub fn change(&self, change: impl FnOnce(&mut StateDocument)) {
        {
            let mut document = lock(&self.document);
            change(&mut document);
            *lock(&self.asked) += 1;
        }
        self.changed.notify_one();
    }

    /// Sets the lineage of a document that was never written, to that of a saved plan.
    pub fn adopt_lineage(&self, lineage: &str) {
        lineage.clone_into(&mut lock(&self.document).lineage);
    }

    /// Returns a copy of the current document.
    pub fn document(&self) -> StateDocument {
        lock(&self.document).clone()
    }

    /// Calls a function with the current document, without copying it.
    pub fn with<T>(&self, look: impl FnOnce(&StateDocument) -> T) -> T {
        look(&lock(&self.document))
    }

    /// Returns the error that stopped the writer, if any.
    pub fn error(&self) -> Option<StateError> {
        self.done.borrow().error.clone()
    }

    /// Waits until all changes so far are written.
    pub async fn flush(&self) -> Result<(), StateError> {
        let asked = *lock(&self.asked);
        let mut done = self.done.clone();
        let progress = done.wait_for(|progress| progress.error.is_some() || progress.written >= asked).await;
        match progress.as_deref() {
            Ok(Progress { error: Some(error), .. }) => Err(error.clone()),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl Drop for StateWriter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
