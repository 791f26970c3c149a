//! Limits on concurrent calls, per service and region, because AWS throttles each separately. The provider sets the limits
//! ([`Provider::concurrency_limit`](ohinfra_core::Provider::concurrency_limit)).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ohinfra_core::Region;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limit for services without a limit set by the provider.
const DEFAULT: usize = 6;

/// Grants permits for calls.
pub struct Limits {
    all: Option<Arc<Semaphore>>,
    per_service: BTreeMap<&'static str, usize>,
    services: Mutex<BTreeMap<(String, Region), Arc<Semaphore>>>,
    bounded: bool,
}

/// A permit for one call, released on drop.
pub struct Permit {
    _service: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Limits {
    /// Creates limits from those of the provider per service, and an optional total limit `parallelism`.
    pub fn new(per_service: BTreeMap<&'static str, usize>, parallelism: Option<usize>) -> Self {
        Self {
            all: parallelism.map(|n| Arc::new(Semaphore::new(n.max(1)))),
            per_service,
            services: Mutex::new(BTreeMap::new()),
            bounded: true,
        }
    }

    /// Creates limits that allow any number of calls, to measure the critical path.
    pub fn unlimited() -> Self {
        Self { all: None, per_service: BTreeMap::new(), services: Mutex::new(BTreeMap::new()), bounded: false }
    }

    /// Waits for a permit to call the service.
    pub async fn permit(&self, service: &str, region: &Region) -> Permit {
        // Acquire the permit of the service first, so that waiting for a busy service does not block the others.
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
