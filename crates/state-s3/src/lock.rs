//! The lock: an object beside the state that only one process can make (`If-None-Match: *`).

use futures::future::BoxFuture;
use jiff::Timestamp;
use ohinfra_aws_core::failed;
use ohinfra_state::{Lock, LockInfo, StateError};
use tokio::sync::Mutex;

use crate::store::S3Store;

/// A lock that is held. Whoever changes the object takes it away: the next heartbeat notices.
struct S3Lock {
    store: S3Store,
    info: LockInfo,
    etag: Mutex<String>,
}

fn to_bytes(info: &LockInfo) -> Vec<u8> {
    serde_json::to_vec_pretty(info).unwrap_or_default()
}

impl S3Store {
    fn lock_key(&self) -> String {
        format!("{}.lock", self.key)
    }

    fn lock_place(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.lock_key())
    }

    pub(crate) async fn read_lock(&self) -> Result<Option<(LockInfo, String)>, StateError> {
        let Some((bytes, etag)) = self.get(&self.lock_key(), None, "read the lock of").await? else { return Ok(None) };
        let holder = serde_json::from_slice(&bytes)
            .map_err(|error| StateError::Corrupt { place: self.lock_place(), reason: error.to_string() })?;
        Ok(Some((holder, etag)))
    }

    pub(crate) async fn take_lock(&self, info: &LockInfo) -> Result<Box<dyn Lock>, StateError> {
        let held = |etag: String| -> Box<dyn Lock> {
            Box::new(S3Lock { store: self.clone(), info: info.clone(), etag: Mutex::new(etag) })
        };
        match self.put(&self.lock_key(), to_bytes(info), None, "lock").await {
            Ok(etag) => return Ok(held(etag)),
            Err(StateError::Changed { .. }) => {}
            Err(error) => return Err(error),
        }
        match self.read_lock().await? {
            // An answer that was lost made the SDK's next attempt meet our own lock.
            Some((holder, etag)) if holder.id == info.id => Ok(held(etag)),
            // A holder that has not been seen for so long is gone. Only one of those who notice can replace it.
            Some((holder, etag)) if holder.is_expired(info.created_at) => {
                match self.put(&self.lock_key(), to_bytes(info), Some(&etag), "lock").await {
                    Ok(etag) => Ok(held(etag)),
                    Err(StateError::Changed { place }) => {
                        let holder = self.read_lock().await?.map_or(holder, |(holder, _)| holder);
                        Err(StateError::Locked { place, holder: Box::new(holder) })
                    }
                    Err(error) => Err(error),
                }
            }
            Some((holder, _)) => Err(StateError::Locked { place: self.lock_place(), holder: Box::new(holder) }),
            // It was given back in between.
            None => self.put(&self.lock_key(), to_bytes(info), None, "lock").await.map(held),
        }
    }

    async fn delete_lock(&self, etag: &str, operation: &'static str) -> Result<(), StateError> {
        // On condition of the ETag: somebody else's lock is never removed.
        let call = self.client.delete_object().bucket(&self.bucket).key(self.lock_key()).if_match(etag);
        match call.send().await.map_err(failed("s3:DeleteObject")) {
            Ok(_) => Ok(()),
            // Stores that speak S3's language but not conditional deletes: look, then delete.
            Err(error) if error.code.as_deref() == Some("NotImplemented") => {
                if self.read_lock().await?.is_none_or(|(_, there)| there != etag) {
                    return Err(StateError::LockLost { place: self.lock_place() });
                }
                let call = self.client.delete_object().bucket(&self.bucket).key(self.lock_key());
                call.send().await.map(|_| ()).map_err(|error| self.error(operation, &failed("s3:DeleteObject")(error)))
            }
            Err(error) => match self.error(operation, &error) {
                StateError::Changed { .. } => Err(StateError::LockLost { place: self.lock_place() }),
                error => Err(error),
            },
        }
    }

    pub(crate) async fn break_lock(&self, id: &str) -> Result<LockInfo, StateError> {
        match self.read_lock().await? {
            Some((holder, etag)) if holder.id == id => self.delete_lock(&etag, "unlock").await.map(|()| holder),
            holder => Err(StateError::NoSuchLock {
                place: self.lock_place(),
                id: id.to_owned(),
                held: holder.map(|(holder, _)| holder.id),
            }),
        }
    }
}

impl Lock for S3Lock {
    fn heartbeat(&self, now: Timestamp) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move {
            let mut etag = self.etag.lock().await;
            let info = LockInfo { heartbeat_at: now, ..self.info.clone() };
            match self.store.put(&self.store.lock_key(), to_bytes(&info), Some(&etag), "keep the lock of").await {
                Ok(written) => {
                    *etag = written;
                    Ok(())
                }
                // Lost, unless it was our own write whose answer got lost.
                Err(StateError::Changed { .. }) => match self.store.read_lock().await? {
                    Some((holder, there)) if holder.id == self.info.id => {
                        *etag = there;
                        Ok(())
                    }
                    _ => Err(StateError::LockLost { place: self.store.lock_place() }),
                },
                Err(error) => Err(error),
            }
        })
    }

    fn release(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move {
            let etag = self.etag.lock().await;
            self.store.delete_lock(&etag, "unlock").await
        })
    }
}
