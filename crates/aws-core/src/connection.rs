//! Clients per region, all from one standard chain of credentials and one HTTP client.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use ohinfra_core::Region;
use ohinfra_core::tags::Tags;

use crate::identity::Caller;
use crate::tag_index::TagIndex;

/// Attempts of one request within the SDK, with jitter and pauses that double. What takes longer is the engine's to wait for. Not
/// the SDK's adaptive mode: one throttled call makes it hold back every other one, so that an apply of which 5 % of the calls were
/// throttled took 60 s instead of 5.
const ATTEMPTS: u32 = 5;
/// A connection that takes longer will not come.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// No single answer that is asked for here takes longer; AWS's own limit at the front is about the same.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// A connection to AWS: cheap to clone.
#[derive(Clone)]
pub struct Connection {
    config: SdkConfig,
    caller: Arc<Caller>,
    tag_index: Arc<TagIndex>,
}

impl Connection {
    /// Connects through the standard chain: environment, profile, SSO, container, instance. Nothing is sent yet.
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

    /// Connects with settings that were made elsewhere.
    pub fn new(config: SdkConfig) -> Self {
        let caller = Arc::new(Caller::new(aws_sdk_sts::Client::new(&config)));
        let tag_index = Arc::new(TagIndex::new(config.clone()));
        Self { config, caller, tag_index }
    }

    /// The settings for a region.
    pub fn config(&self, region: &Region) -> SdkConfig {
        self.config.clone().into_builder().region(aws_config::Region::new(region.to_string())).build()
    }

    /// Who is calling; asked once.
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// The tags that one call tells of many things.
    pub fn tag_index(&self) -> &Arc<TagIndex> {
        &self.tag_index
    }
}

/// One service's clients, made when a region is first asked for.
pub struct Regional<C> {
    connection: Connection,
    make: fn(&SdkConfig) -> C,
    clients: Mutex<BTreeMap<Region, C>>,
}

impl<C: Clone> Regional<C> {
    /// Clients made by `make`, usually `aws_sdk_x::Client::new`.
    pub fn new(connection: &Connection, make: fn(&SdkConfig) -> C) -> Arc<Self> {
        Arc::new(Self { connection: connection.clone(), make, clients: Mutex::new(BTreeMap::new()) })
    }

    /// The client of a region.
    pub fn at(&self, region: &Region) -> C {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(region) {
            return client.clone();
        }
        let client = (self.make)(&self.connection.config(region));
        clients.insert(region.clone(), client.clone());
        client
    }

    /// The tags of a thing, if they are known without asking the service.
    pub async fn known_tags(&self, region: &Region, arn: &str) -> Option<Tags> {
        self.connection.tag_index.tags(region, arn).await
    }

    /// The connection that they share.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}
