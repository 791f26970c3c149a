//! How many calls may be under way at once, per service and region: AWS limits each separately.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ohinfra_core::Region;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Concurrent calls per service and region. AWS publishes rates, not concurrency; at about 0.1 s a call these stay below
/// the published (or observed) rates of mutating calls. What is not listed gets [`DEFAULT`].
const PER_SERVICE: &[(&str, usize)] = &[
    ("backup", 4),
    ("cloudwatch", 4),
    ("ec2", 12),
    ("iam", 6),
    ("kms", 6),
    ("logs", 4),
    ("s3", 12),
    ("secretsmanager", 8),
    ("sns", 8),
];

/// For services without an entry.
const DEFAULT: usize = 6;

/// Hands out permits.
pub struct Limits {
    all: Option<Arc<Semaphore>>,
    services: Mutex<BTreeMap<(String, Region), Arc<Semaphore>>>,
    bounded: bool,
}

/// A call may be made while it is held.
pub struct Permit {
    _service: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Limits {
    /// AWS's limits, and at most `parallelism` calls in all if that is given.
    pub fn new(parallelism: Option<usize>) -> Self {
        Self {
            all: parallelism.map(|n| Arc::new(Semaphore::new(n.max(1)))),
            services: Mutex::new(BTreeMap::new()),
            bounded: true,
        }
    }

    /// No limits at all: to measure the critical path.
    pub fn unlimited() -> Self {
        Self { all: None, services: Mutex::new(BTreeMap::new()), bounded: false }
    }

    /// Waits until a call to the service may be made.
    pub async fn permit(&self, service: &str, region: &Region) -> Permit {
        let all = match &self.all {
            Some(all) => Arc::clone(all).acquire_owned().await.ok(),
            None => None,
        };
        let service = if self.bounded { self.semaphore(service, region).acquire_owned().await.ok() } else { None };
        Permit { _service: service, _all: all }
    }

    fn semaphore(&self, service: &str, region: &Region) -> Arc<Semaphore> {
        let mut services = self.services.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let limit = || PER_SERVICE.iter().find(|(name, _)| *name == service).map_or(DEFAULT, |(_, n)| *n);
        let entry = services.entry((service.to_owned(), region.clone()));
        Arc::clone(entry.or_insert_with(|| Arc::new(Semaphore::new(limit()))))
    }
}
