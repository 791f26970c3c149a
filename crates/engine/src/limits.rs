//! How many calls may be under way at once, per service and region: a cloud limits each separately. The numbers are the
//! provider's ([`Provider::at_most`](ohinfra_core::contract::Provider::at_most)).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ohinfra_core::Region;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// For services of which the provider says nothing.
const DEFAULT: usize = 6;

/// Hands out permits.
pub struct Limits {
    all: Option<Arc<Semaphore>>,
    per_service: BTreeMap<&'static str, usize>,
    services: Mutex<BTreeMap<(String, Region), Arc<Semaphore>>>,
    bounded: bool,
}

/// A call may be made while it is held.
pub struct Permit {
    _service: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Limits {
    /// The provider's limits per service, and at most `parallelism` calls in all if that is given.
    pub fn new(per_service: BTreeMap<&'static str, usize>, parallelism: Option<usize>) -> Self {
        Self {
            all: parallelism.map(|n| Arc::new(Semaphore::new(n.max(1)))),
            per_service,
            services: Mutex::new(BTreeMap::new()),
            bounded: true,
        }
    }

    /// No limits at all: to measure the critical path.
    pub fn unlimited() -> Self {
        Self { all: None, per_service: BTreeMap::new(), services: Mutex::new(BTreeMap::new()), bounded: false }
    }

    /// Waits until a call to the service may be made.
    pub async fn permit(&self, service: &str, region: &Region) -> Permit {
        // The service's first: what waits for a busy service holds up no other one.
        let service = if self.bounded { self.semaphore(service, region).acquire_owned().await.ok() } else { None };
        let all = match &self.all {
            Some(all) => Arc::clone(all).acquire_owned().await.ok(),
            None => None,
        };
        Permit { _service: service, _all: all }
    }

    fn semaphore(&self, service: &str, region: &Region) -> Arc<Semaphore> {
        let mut services = self.services.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let limit = || self.per_service.get(service).copied().unwrap_or(DEFAULT);
        let entry = services.entry((service.to_owned(), region.clone()));
        Arc::clone(entry.or_insert_with(|| Arc::new(Semaphore::new(limit()))))
    }
}
