//! The lock: an object next to the state that only one process can create (`If-None-Match: *`).

use futures::future::BoxFuture;
use jiff::Timestamp;
use ohinfra_aws_core::api_error;
use ohinfra_core::error::ErrorKind;
use ohinfra_state::{Holder, Lock, LockInfo, StateError};
use tokio::sync::Mutex;

use crate::store::{ATTEMPTS, S3Store};

/// An acquired lock. If another process changes the object, the lock is lost, which the next heartbeat detects.
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

    pub(crate) async fn read_lock(&self) -> Result<Option<(Holder, String)>, StateError> {
        let Some(object) = self.get(&self.lock_key(), None, "read the lock of").await? else { return Ok(None) };
        let info = serde_json::from_slice(&object.bytes)
            .map_err(|error| StateError::Corrupt { place: self.lock_place(), reason: error.to_string() })?;
        Ok(Some((Holder { info, unseen_for: object.age }, object.etag)))
    }

    pub(crate) async fn take_lock(&self, info: &LockInfo) -> Result<Box<dyn Lock>, StateError> {
        let held = |etag: String| -> Box<dyn Lock> {
            Box::new(S3Lock { store: self.clone(), info: info.clone(), etag: Mutex::new(etag) })
        };
        let mut expired: Option<String> = None;
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match self.put(&self.lock_key(), to_bytes(info), expired.as_deref(), "lock").await {
                Ok(etag) => return Ok(held(etag)),
                Err(error @ StateError::Changed { .. }) => last = Some(error),
                Err(error) => return Err(error),
            }
            match self.read_lock().await? {
                // The response was lost, and the SDK's retry failed because of our own lock.
                Some((holder, etag)) if holder.info.id == info.id => return Ok(held(etag)),
                // The lock is stale. The condition on its ETag lets only one process replace it.
                Some((holder, etag)) if holder.is_expired(info.created_at) => expired = Some(etag),
                Some((holder, _)) => {
                    return Err(StateError::Locked { place: self.lock_place(), holder: Box::new(holder.info) });
                }
                // The lock was released in the meantime.
                None => expired = None,
            }
        }
        Err(last.unwrap_or_else(|| StateError::Changed { place: self.lock_place() }))
    }

    /// Deletes the lock with this ID, even if its ETag has changed: an aborted heartbeat may still have been written, and a
    /// deletion whose response was lost has taken effect. The lock of another process is never deleted.
    async fn delete_own(&self, id: &str, etag: String) -> Result<Deleted, StateError> {
        let mut etag = etag;
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match self.delete_lock(&etag).await {
                Ok(()) => return Ok(Deleted::Gone),
                Err(error @ StateError::Changed { .. }) => last = Some(error),
                Err(error) => return Err(error),
            }
            match self.read_lock().await? {
                None => return Ok(Deleted::Gone),
                Some((holder, current)) if holder.info.id == id => etag = current,
                Some(_) => return Ok(Deleted::TakenOver),
            }
        }
        Err(last.unwrap_or_else(|| StateError::Changed { place: self.lock_place() }))
    }

    /// Deletes the lock object if it still has this ETag.
    async fn delete_lock(&self, etag: &str) -> Result<(), StateError> {
        let operation = "unlock";
        let changed = || StateError::Changed { place: self.lock_place() };
        let call = self.client.delete_object().bucket(&self.bucket).key(self.lock_key()).if_match(etag);
        match call.send().await.map_err(api_error("s3:DeleteObject")) {
            Ok(_) => Ok(()),
            // S3-compatible stores without conditional deletes: check, then delete.
            Err(error) if error.code.as_deref() == Some("NotImplemented") => {
                if self.read_lock().await?.is_none_or(|(_, current)| current != etag) {
                    return Err(changed());
                }
                let call = self.client.delete_object().bucket(&self.bucket).key(self.lock_key());
                call.send()
                    .await
                    .map(|_| ())
                    .map_err(|error| self.error(operation, &api_error("s3:DeleteObject")(error)))
            }
            // If-Match on an object that no longer exists.
            Err(error) if error.kind == ErrorKind::NotFound && error.code.as_deref() != Some("NoSuchBucket") => {
                Err(changed())
            }
            Err(error) => Err(self.error(operation, &error)),
        }
    }

    pub(crate) async fn break_lock(&self, id: &str) -> Result<LockInfo, StateError> {
        match self.read_lock().await? {
            // Both outcomes count as success: this lock no longer exists.
            Some((holder, etag)) if holder.info.id == id => self.delete_own(id, etag).await.map(|_| holder.info),
            holder => Err(StateError::NoSuchLock {
                place: self.lock_place(),
                id: id.to_owned(),
                held: holder.map(|(holder, _)| holder.info.id),
            }),
        }
    }
}

/// The result of deleting a lock.
enum Deleted {
    /// No lock exists.
    Gone,
    /// Another process has acquired a new lock.
    TakenOver,
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
                // The lock is lost, unless the change was our own write whose response was lost.
                Err(StateError::Changed { .. }) => match self.store.read_lock().await? {
                    Some((holder, current)) if holder.info.id == self.info.id => {
                        *etag = current;
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
            let etag = self.etag.lock().await.clone();
            match self.store.delete_own(&self.info.id, etag).await? {
                Deleted::Gone => Ok(()),
                Deleted::TakenOver => Err(StateError::LockLost { place: self.store.lock_place() }),
            }
        })
    }
}
