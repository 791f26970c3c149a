//! When the SDK may make a call again by itself.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// For a call that creates something which AWS cannot tell from a second one: no name that must be unique, no idempotency token.
/// It is made again only if it was refused. After anything else (no answer, an error of the service) the first may have had its
/// effect, and the engine looks for that before it tries again.
#[derive(Debug, Clone, Copy)]
pub struct OnlyIfRefused;

impl ClassifyRetry for OnlyIfRefused {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let failed = matches!(context.output_or_error(), Some(Err(_)));
        let refused = context.response().is_some_and(|response| response.status().is_client_error());
        if failed && !refused { RetryAction::RetryForbidden } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "only if refused"
    }
}
