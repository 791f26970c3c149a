//! The waiter and the retry policy on top of the SDK's retries.
//!
//! The SDK retries single requests (throttling, 5xx, lost connections) within seconds. This module covers conditions that
//! take minutes: resources that are not ready yet, and errors that resolve when another operation completes.

use std::time::Duration;

use ohinfra_core::contract::Readiness;
use ohinfra_core::error::{ErrorKind, ProviderError};
use tokio::time::Instant;

/// The initial delay between two attempts. Each further delay is 1.5 times as long.
const INITIAL_DELAY: Duration = Duration::from_millis(500);
/// The maximum delay, as in AWS waiters for operations that take minutes.
const MAX_DELAY: Duration = Duration::from_secs(15);

/// Returns how long an error of this kind is retried; `None` if it is final.
///
/// | error | condition waited for | limit |
/// | --- | --- | --- |
/// | dependency | deletion of network interfaces, end of another operation, release of a resource in use | timeout of the step |
/// | not yet visible | propagation of a new role, profile, group or principal within AWS | 2 min |
/// | throttled | lower request rate, after the SDK's retries | 5 min |
/// | unavailable | recovery of the service or the network, after the SDK's retries | 1 min |
pub fn retry_budget(kind: ErrorKind, step: Duration) -> Option<Duration> {
    match kind {
        ErrorKind::Dependency => Some(step),
        ErrorKind::NotYetVisible => Some(Duration::from_secs(120).min(step)),
        ErrorKind::Throttled => Some(Duration::from_secs(300).min(step)),
        ErrorKind::Unavailable => Some(Duration::from_secs(60).min(step)),
        ErrorKind::NotFound
        | ErrorKind::Exists
        | ErrorKind::Denied
        | ErrorKind::Credentials
        | ErrorKind::Invalid
        | ErrorKind::Limit
        | ErrorKind::Deferred
        | ErrorKind::Timeout
        | ErrorKind::Other => None,
    }
}

/// Delays with exponential backoff.
struct Backoff(Duration);

impl Backoff {
    fn new() -> Self {
        Self(INITIAL_DELAY)
    }

    async fn next(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 3 / 2).min(MAX_DELAY);
    }
}

/// Retries `call` until it succeeds or fails permanently; `progress` receives the status.
pub async fn retrying<T, F, Fut>(step: Duration, progress: impl Fn(String), call: F) -> Result<T, ProviderError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, ProviderError>>,
{
    retry_within_budget(|kind| retry_budget(kind, step), progress, call).await
}

/// Like [`retrying`], for the reads of a plan: retries only throttling. A network failure is reported immediately, because a
/// plan has no operation in progress to complete.
pub async fn retrying_read<T, F, Fut>(progress: impl Fn(String), call: F) -> Result<T, ProviderError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, ProviderError>>,
{
    let throttled = |kind| if kind == ErrorKind::Throttled { retry_budget(kind, Duration::MAX) } else { None };
    retry_within_budget(throttled, progress, call).await
}

async fn retry_within_budget<T, F, Fut>(
    retry_budget: impl Fn(ErrorKind) -> Option<Duration>,
    progress: impl Fn(String),
    mut call: F,
) -> Result<T, ProviderError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, ProviderError>>,
{
    let started = Instant::now();
    let mut backoff = Backoff::new();
    // A single failure is not reported, only a persistent one.
    let mut is_persistent = false;
    loop {
        let mut error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        match retry_budget(error.kind) {
            Some(retry_budget) if started.elapsed() < retry_budget => {
                if std::mem::replace(&mut is_persistent, true) {
                    progress(format!("waiting: {}", error.message));
                }
                backoff.next().await;
            }
            Some(retry_budget) => {
                error.message = format!("{} (gave up after {} s)", error.message, retry_budget.as_secs());
                return Err(error);
            }
            None => return Err(error),
        }
    }
}

/// Polls with `look` until the resource is ready (or its deletion is complete), at most for `timeout`.
pub async fn until_ready<F, Fut>(
    timeout: Duration,
    what: &str,
    progress: impl Fn(String),
    mut look: F,
) -> Result<(), ProviderError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Readiness, ProviderError>>,
{
    let started = Instant::now();
    let mut backoff = Backoff::new();
    loop {
        let status = match look().await {
            Ok(Readiness::Ready) => return Ok(()),
            Ok(Readiness::Waiting(status)) => status,
            // A read immediately after a create call may miss the new resource, which counts as not ready.
            Err(error) if error.is_transient() || error.kind == ErrorKind::NotFound => error.message,
            Err(error) => return Err(error),
        };
        if started.elapsed() >= timeout {
            return Err(ProviderError::new(
                ErrorKind::Timeout,
                what,
                format!("timed out after {} s; last status: {status}", timeout.as_secs()),
            ));
        }
        progress(status);
        backoff.next().await;
    }
}
