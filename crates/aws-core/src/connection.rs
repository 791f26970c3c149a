//! SDK clients per region. All share one credential provider chain and one HTTP client.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use ohinfra_core::Region;

use crate::identity::Caller;

/// Maximum attempts of one request within the SDK, with exponential backoff and jitter. Longer waits are left to the engine. Not
/// the SDK's adaptive mode: one throttled call delays all other calls, so that an apply with 5 % throttled calls took 60 s
/// instead of 5.
const ATTEMPTS: u32 = 5;
/// Maximum time to establish a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum time of one attempt. No response used here takes longer; the limit of AWS's front end is about the same.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// A connection to AWS. Cheap to clone.
#[derive(Clone)]
pub struct Connection {
    config: SdkConfig,
    caller: Arc<Caller>,
}

impl Connection {
    /// Creates a connection with the default credential provider chain: environment, profile, SSO, container, instance. Sends no
    /// request.
    pub async fn from_environment(region: &Region) -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(aws_config::Region::new(region.to_string()))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .build(),
            )
            .load()
            .await;
        Self::new(config)
    }

    /// Creates a connection from an existing SDK configuration.
    pub fn new(config: SdkConfig) -> Self {
        let caller = Arc::new(Caller::new(aws_sdk_sts::Client::new(&config)));
        Self { config, caller }
    }

    /// Returns the SDK configuration for a region.
    pub fn config(&self, region: &Region) -> SdkConfig {
        self.config.clone().into_builder().region(aws_config::Region::new(region.to_string())).build()
    }

    /// Returns the SDK configuration, with the region of the connection.
    pub fn default_config(&self) -> &SdkConfig {
        &self.config
    }

    /// Returns the caller identity, requested once.
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }
}

/// Clients of one service, created on the first use of a region.
pub struct Regional<C> {
    connection: Connection,
    make: fn(&SdkConfig) -> C,
    clients: Mutex<BTreeMap<Region, C>>,
}

impl<C: Clone> Regional<C> {
    /// Creates a set of clients; `make` creates one client, usually `aws_sdk_x::Client::new`.
    pub fn new(connection: &Connection, make: fn(&SdkConfig) -> C) -> Arc<Self> {
        Arc::new(Self { connection: connection.clone(), make, clients: Mutex::new(BTreeMap::new()) })
    }

    /// Returns the client of a region.
    pub fn in_region(&self, region: &Region) -> C {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(region) {
            return client.clone();
        }
        let client = (self.make)(&self.connection.config(region));
        clients.insert(region.clone(), client.clone());
        client
    }

    /// Returns the shared connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}
