//! The interface between the command line and a cloud.

use std::sync::Arc;

use futures::future::BoxFuture;
use ohinfra_core::Provider;
use ohinfra_core::users::UserDirectory;
use ohinfra_core::{ProviderError, Region};
use ohinfra_state::StateStore;

/// A cloud: AWS, or the in-memory cloud of the tests.
pub trait Cloud: Send + Sync {
    /// Returns a provider with every kind and lookup. Sends no request.
    fn connect<'a>(&'a self, region: &'a Region) -> BoxFuture<'a, Provider>;
    /// Returns the user directory with this ID in a region. Sends no request.
    fn users<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Arc<dyn UserDirectory>>;
    /// Returns the state store at `s3://bucket/key`. Sends no request.
    fn state<'a>(&'a self, region: &'a Region, bucket: &'a str, key: &'a str) -> BoxFuture<'a, Arc<dyn StateStore>>;
    /// Creates or configures the bucket of a state under `key`. Returns one line per change.
    fn bootstrap<'a>(
        &'a self,
        region: &'a Region,
        bucket: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<String>, ProviderError>>;
}
