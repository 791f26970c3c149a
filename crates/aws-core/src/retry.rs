//! Restriction of automatic SDK retries.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Retry classifier for a create call that is not idempotent: no unique name, no idempotency token. The SDK retries the call
/// only after a 4xx response. In all other cases (no response, a service error) the first attempt may have taken effect, and the
/// engine looks for the resource before a retry.
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
