//! What the command line needs of a cloud.

use std::sync::Arc;

use futures::future::BoxFuture;
use ohinfra_core::contract::Provider;
use ohinfra_core::users::UserDirectory;
use ohinfra_core::{ProviderError, Region};
use ohinfra_state::StateStore;

/// A cloud: AWS, or one in memory.
pub trait Cloud: Send + Sync {
    /// Connects: every kind and look-up. Nothing is sent yet.
    fn connect<'a>(&'a self, region: &'a Region) -> BoxFuture<'a, Provider>;
    /// The user directory of an id in a region. Nothing is sent yet.
    fn users<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Arc<dyn UserDirectory>>;
    /// The state in `s3://bucket/key`.
    fn state<'a>(&'a self, region: &'a Region, bucket: &'a str, key: &'a str) -> BoxFuture<'a, Arc<dyn StateStore>>;
    /// Makes the bucket what it must be for a state under `key`, and says what was done.
    fn bootstrap<'a>(
        &'a self,
        region: &'a Region,
        bucket: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<String>, ProviderError>>;
}
