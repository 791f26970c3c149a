//! Concurrent calls with a limit.

use futures::{StreamExt as _, TryStreamExt as _};
use ohinfra_core::ProviderError;

/// Maximum number of concurrent calls of one deletion.
const CONCURRENT_CALLS: usize = 8;

/// Runs `call` for each item with limited concurrency.
///
/// # Errors
/// The first error; calls that have not started are skipped.
pub(crate) async fn for_each<T, F>(items: Vec<T>, call: impl Fn(T) -> F) -> Result<(), ProviderError>
where
    F: Future<Output = Result<(), ProviderError>>,
{
    futures::stream::iter(items).map(call).buffer_unordered(CONCURRENT_CALLS).try_collect::<()>().await
}
