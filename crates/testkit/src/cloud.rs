//! The in-memory cloud: its objects, and faults in calls.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::inputs::{Attributes, Inputs};
use ohinfra_core::{Address, Region};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The latency of calls and of becoming ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// The duration of a create call, until it returns an identity.
    pub create: Duration,
    /// The time from then until the object is ready.
    pub ready: Duration,
    /// The duration of an update call.
    pub update: Duration,
    /// The duration of a delete call.
    pub delete: Duration,
}

/// A call to the cloud.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The index of the call, starting at 0.
    pub index: usize,
    /// The operation: `find`, `read`, `create`, `ready`, `update`, `delete` or `gone`.
    pub operation: &'static str,
    /// The kind.
    pub kind: String,
    /// The address if the call has it; otherwise the identity.
    pub about: String,
    /// The start of the call, relative to the creation of the cloud.
    pub started: Duration,
}

/// A fault of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The call fails and has no effect.
    Refuse(ErrorKind),
    /// The call takes effect, but its response is lost.
    LoseAnswer,
    /// The object disappears before the call.
    Vanish,
    /// The caller crashes before the call.
    CrashBefore,
    /// The caller crashes after the call took effect.
    CrashAfter,
}

/// Returns the fault of a call, if any.
pub type Faults = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

/// An object in the cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// The kind.
    pub kind: String,
    /// The region.
    pub region: Region,
    /// The identity.
    pub id: String,
    /// The inputs, including tags.
    pub inputs: Inputs,
    /// The attributes.
    pub attributes: Attributes,
    /// The token of the create call. As in AWS, each token creates one object, and names derived from equal tokens collide.
    #[serde(default)]
    pub token: String,
    /// The time when the object becomes ready, relative to the creation of the cloud.
    #[serde(skip)]
    pub ready_at: Duration,
}

impl Object {
    /// Returns the address in the ownership tag.
    pub fn address(&self) -> Option<Address> {
        self.inputs.get("tags")?.get(ohinfra_core::tags::ADDRESS)?.as_str()?.parse().ok()
    }
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) objects: BTreeMap<(String, String, String), Object>,
    pub(crate) made: u64,
    pub(crate) calls: Vec<Call>,
    faults: Option<Faults>,
    latencies: BTreeMap<String, Latency>,
    default_latency: Latency,
    file: Option<PathBuf>,
}

/// The in-memory cloud. Clones share the same objects.
#[derive(Clone)]
pub struct Cloud {
    inner: Arc<Mutex<Inner>>,
    created: Instant,
    /// Notified when a call crashes its caller: the test then drops the run.
    pub crashed: Arc<Notify>,
}

impl Default for Cloud {
    fn default() -> Self {
        Self { inner: Arc::default(), created: Instant::now(), crashed: Arc::default() }
    }
}

impl Cloud {
    /// Creates a cloud stored in a file, for runs in several processes.
    pub fn in_file(path: impl Into<PathBuf>) -> std::io::Result<Self> {
        let path = path.into();
        let cloud = Self::default();
        let mut inner = cloud.lock();
        if let Ok(bytes) = std::fs::read(&path) {
            let objects: Vec<Object> = serde_json::from_slice(&bytes)?;
            // Above every number of an existing object: a new object must not replace one that an earlier run retained.
            let numbers = objects.iter().filter_map(|object| object.id.rsplit('-').next()?.parse().ok());
            inner.made = numbers.max().unwrap_or(0).max(objects.len() as u64 + 1000);
            inner.objects = objects.into_iter().map(|object| (key(&object), object)).collect();
        }
        inner.file = Some(path);
        drop(inner);
        Ok(cloud)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the time since the creation of the cloud.
    pub fn now(&self) -> Duration {
        self.created.elapsed()
    }

    /// Sets the latency of a kind.
    pub fn set_latency(&self, kind: &str, latency: Latency) {
        self.lock().latencies.insert(kind.to_owned(), latency);
    }

    /// Sets the latency of all other kinds.
    pub fn set_default_latency(&self, latency: Latency) {
        self.lock().default_latency = latency;
    }

    /// Returns the latency of a kind.
    pub fn latency(&self, kind: &str) -> Latency {
        let inner = self.lock();
        inner.latencies.get(kind).copied().unwrap_or(inner.default_latency)
    }

    /// Sets the faults of the following calls.
    pub fn set_faults(&self, faults: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        self.lock().faults = Some(Box::new(faults));
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.lock().faults = None;
    }

    /// Returns all calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Clears the recorded calls.
    pub fn forget_calls(&self) {
        self.lock().calls.clear();
    }

    /// Returns all objects, ordered by kind, region and identity.
    pub fn objects(&self) -> Vec<Object> {
        self.lock().objects.values().cloned().collect()
    }

    /// Returns the object of an address, by ownership tag.
    pub fn object(&self, address: &str) -> Option<Object> {
        self.objects().into_iter().find(|object| object.address().is_some_and(|found| found.to_string() == address))
    }

    /// Inserts an object, as if created outside ohinfra.
    pub fn put(&self, object: Object) {
        self.lock().objects.insert(key(&object), object);
        self.save();
    }

    /// Changes an object, as if outside ohinfra.
    pub fn edit(&self, address: &str, edit: impl FnOnce(&mut Inputs)) {
        let object = self.object(address);
        let mut object = object.unwrap_or_else(|| unreachable!("BUG: the test edits {address}, which does not exist"));
        edit(&mut object.inputs);
        self.put(object);
    }

    /// Removes an object, as if outside ohinfra.
    pub fn remove(&self, address: &str) {
        if let Some(object) = self.object(address) {
            self.lock().objects.remove(&key(&object));
            self.save();
        }
    }

    pub(crate) fn save(&self) {
        let inner = self.lock();
        if let Some(path) = &inner.file {
            let objects: Vec<&Object> = inner.objects.values().collect();
            let bytes = serde_json::to_vec_pretty(&objects).unwrap_or_default();
            // If the write fails, the next read of the test fails.
            let _ = ohinfra_state::local::replace_file(path, &bytes);
        }
    }

    /// Executes a call: injects its fault, waits for its latency and applies its effect.
    pub(crate) async fn call<T>(
        &self,
        operation: &'static str,
        kind: &str,
        about: &str,
        takes: Duration,
        effect: impl FnOnce(&mut Inner) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let fault = {
            let mut inner = self.lock();
            let index = inner.calls.len();
            let call = Call { index, operation, kind: kind.to_owned(), about: about.to_owned(), started: self.now() };
            inner.calls.push(call.clone());
            inner.faults.as_mut().and_then(|faults| faults(&call))
        };
        let name = format!("fake:{operation}");
        match fault {
            Some(Fault::Refuse(kind)) => return Err(ProviderError::new(kind, &name, format!("refused: {kind:?}"))),
            Some(Fault::CrashBefore) => self.crash().await,
            Some(Fault::Vanish) => {
                let is_it = |object: &Object| {
                    object.id == about || object.address().is_some_and(|address| address.to_string() == about)
                };
                self.lock().objects.retain(|_, object| !is_it(object));
            }
            Some(Fault::LoseAnswer | Fault::CrashAfter) | None => {}
        }
        tokio::time::sleep(takes).await;
        let result = effect(&mut self.lock());
        self.save();
        match fault {
            Some(Fault::LoseAnswer) => Err(ProviderError::new(ErrorKind::Unavailable, &name, "the response was lost")),
            Some(Fault::CrashAfter) => {
                self.crash().await;
                result
            }
            _ => result,
        }
    }

    async fn crash(&self) {
        self.crashed.notify_one();
        std::future::pending::<()>().await;
    }
}

/// Returns the key of an object.
pub(crate) fn key(object: &Object) -> (String, String, String) {
    (object.kind.clone(), object.region.to_string(), object.id.clone())
}
