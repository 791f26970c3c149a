//! The one waiter and the one retry policy above the SDK's own.
//!
//! The SDK retries single requests (throttling, 5xx, lost connections) within seconds. Here is what takes minutes: a
//! thing that is still becoming ready, and an error that goes away when something else has happened.

use std::time::Duration;

use ohinfra_core::contract::Readiness;
use ohinfra_core::error::{ErrorKind, ProviderError};
use tokio::time::Instant;

/// The first pause between two looks; it grows by half each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause: what AWS's own waiters use for things that take minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How long an error of this kind is worth waiting for. None: it is final.
///
/// | error | what is being waited for | at most |
/// | --- | --- | --- |
/// | dependency | network interfaces to go away, a lock of another operation, a resource in use | the step's own timeout |
/// | not yet visible | a role, profile, group or principal made a moment ago to reach every host of AWS | 2 min |
/// | throttled | the rate to fall, after the SDK's own attempts | 5 min |
/// | unavailable | the service or the network to come back, after the SDK's own attempts | 1 min |
pub fn patience(kind: ErrorKind, step: Duration) -> Option<Duration> {
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

/// Pauses that grow.
struct Pauses(Duration);

impl Pauses {
    fn new() -> Self {
        Self(FIRST_PAUSE)
    }

    async fn next(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Calls until it succeeds or fails for good; `progress` hears what is being waited for.
pub async fn retrying<T, F, Fut>(step: Duration, progress: impl Fn(String), call: F) -> Result<T, ProviderError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, ProviderError>>,
{
    retrying_what(|kind| patience(kind, step), progress, call).await
}

/// As [`retrying`], for a read of a plan: only a rate that is too high is waited for. A network that is not there is told at once,
/// and nothing has been begun that would be left half done.
pub async fn retrying_read<T, F, Fut>(progress: impl Fn(String), call: F) -> Result<T, ProviderError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, ProviderError>>,
{
    let throttled = |kind| if kind == ErrorKind::Throttled { patience(kind, Duration::MAX) } else { None };
    retrying_what(throttled, progress, call).await
}

async fn retrying_what<T, F, Fut>(
    patience: impl Fn(ErrorKind) -> Option<Duration>,
    progress: impl Fn(String),
    mut call: F,
) -> Result<T, ProviderError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, ProviderError>>,
{
    let started = Instant::now();
    let mut pauses = Pauses::new();
    // One bad moment is nobody's business; what lasts is shown.
    let mut lasts = false;
    loop {
        let mut error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        match patience(error.kind) {
            Some(patience) if started.elapsed() < patience => {
                if std::mem::replace(&mut lasts, true) {
                    progress(format!("waiting: {}", error.message));
                }
                pauses.next().await;
            }
            Some(patience) => {
                error.message = format!("{} (for {} s, then ohinfra gave up)", error.message, patience.as_secs());
                return Err(error);
            }
            None => return Err(error),
        }
    }
}

/// Looks until it is ready (or gone), or `timeout` is over.
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
    let mut pauses = Pauses::new();
    loop {
        let status = match look().await {
            Ok(Readiness::Ready) => return Ok(()),
            Ok(Readiness::Waiting(status)) => status,
            // A read right after a create may miss the new thing; that is the same as not being ready.
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
        pauses.next().await;
    }
}
