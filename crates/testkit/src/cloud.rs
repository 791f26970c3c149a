//! The objects of the in-memory cloud, and what can go wrong with calls.

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

/// How long calls and becoming take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// A create call, until it answers with an identity.
    pub create: Duration,
    /// From then until it is ready.
    pub ready: Duration,
    /// An update call.
    pub update: Duration,
    /// A delete call.
    pub delete: Duration,
}

/// A call that is about to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Counts from 0.
    pub index: usize,
    /// `find`, `read`, `create`, `ready`, `update`, `delete`, `gone`.
    pub operation: &'static str,
    /// The kind.
    pub kind: String,
    /// The address, where the call knows it; the identity otherwise.
    pub about: String,
    /// When it began, from the cloud's own beginning.
    pub started: Duration,
}

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// It is refused and has no effect.
    Refuse(ErrorKind),
    /// It has its effect, and the answer is lost.
    LoseAnswer,
    /// Somebody takes the thing away before the call is made.
    Vanish,
    /// The caller dies before it is made.
    CrashBefore,
    /// The caller dies after it had its effect.
    CrashAfter,
}

/// Decides what goes wrong with a call.
pub type Faults = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

/// An object in the cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Its kind.
    pub kind: String,
    /// Its region.
    pub region: Region,
    /// Its identity.
    pub id: String,
    /// Its inputs, tags included.
    pub inputs: Inputs,
    /// Its attributes.
    pub attributes: Attributes,
    /// The token that it was created with: like AWS, the cloud creates one object per token, and names derived from tokens collide.
    #[serde(default)]
    pub token: String,
    /// When it will be ready, from the cloud's own beginning.
    #[serde(skip)]
    pub ready_at: Duration,
}

impl Object {
    /// The address in its ownership tag.
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

/// The cloud. Clones share it.
#[derive(Clone)]
pub struct Cloud {
    inner: Arc<Mutex<Inner>>,
    began: Instant,
    /// Told when a call crashes its caller: the test drops the run then.
    pub crashed: Arc<Notify>,
}

impl Default for Cloud {
    fn default() -> Self {
        Self { inner: Arc::default(), began: Instant::now(), crashed: Arc::default() }
    }
}

impl Cloud {
    /// A cloud that is kept in a file, for runs of several processes.
    pub fn in_file(path: impl Into<PathBuf>) -> std::io::Result<Self> {
        let path = path.into();
        let cloud = Self::default();
        let mut inner = cloud.lock();
        if let Ok(bytes) = std::fs::read(&path) {
            let objects: Vec<Object> = serde_json::from_slice(&bytes)?;
            inner.made = objects.len() as u64 + 1000;
            inner.objects = objects.into_iter().map(|object| (key(&object), object)).collect();
        }
        inner.file = Some(path);
        drop(inner);
        Ok(cloud)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time since the cloud's own beginning.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Sets what a kind's calls take.
    pub fn set_latency(&self, kind: &str, latency: Latency) {
        self.lock().latencies.insert(kind.to_owned(), latency);
    }

    /// Sets what every other kind's calls take.
    pub fn set_default_latency(&self, latency: Latency) {
        self.lock().default_latency = latency;
    }

    /// What a kind's calls take.
    pub fn latency(&self, kind: &str) -> Latency {
        let inner = self.lock();
        inner.latencies.get(kind).copied().unwrap_or(inner.default_latency)
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&self, faults: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        self.lock().faults = Some(Box::new(faults));
    }

    /// Nothing goes wrong from now on.
    pub fn clear_faults(&self) {
        self.lock().faults = None;
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.lock().calls.clear();
    }

    /// Every object, by kind, region and identity.
    pub fn objects(&self) -> Vec<Object> {
        self.lock().objects.values().cloned().collect()
    }

    /// The object of an address, by its ownership tag.
    pub fn object(&self, address: &str) -> Option<Object> {
        self.objects().into_iter().find(|object| object.address().is_some_and(|found| found.to_string() == address))
    }

    /// Puts an object there that nobody asked for.
    pub fn put(&self, object: Object) {
        self.lock().objects.insert(key(&object), object);
        self.save();
    }

    /// Changes an object behind everybody's back.
    pub fn edit(&self, address: &str, edit: impl FnOnce(&mut Inputs)) {
        let object = self.object(address);
        let mut object = object.unwrap_or_else(|| unreachable!("BUG: the test edits {address}, which is not there"));
        edit(&mut object.inputs);
        self.put(object);
    }

    /// Takes an object away behind everybody's back.
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
            // A test that cannot write its own folder fails at its next look.
            let _ = ohinfra_state::local::replace_file(path, &bytes);
        }
    }

    /// Makes a call: what may go wrong, the time that it takes, its effect.
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
            Some(Fault::LoseAnswer) => Err(ProviderError::new(ErrorKind::Unavailable, &name, "the answer was lost")),
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

/// Where an object is kept.
pub(crate) fn key(object: &Object) -> (String, String, String) {
    (object.kind.clone(), object.region.to_string(), object.id.clone())
}
