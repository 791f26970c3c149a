//! Many calls at once, but not all.

use futures::{StreamExt as _, TryStreamExt as _};
use ohinfra_core::ProviderError;

/// Calls of one deletion that are under way at once.
const AT_ONCE: usize = 8;

/// Calls `call` for each, a few at a time, and stops at the first error.
pub(crate) async fn for_each<T, F>(items: Vec<T>, call: impl Fn(T) -> F) -> Result<(), ProviderError>
where
    F: Future<Output = Result<(), ProviderError>>,
{
    futures::stream::iter(items).map(call).buffer_unordered(AT_ONCE).try_collect::<()>().await
}
