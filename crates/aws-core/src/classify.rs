//! Mapping of SDK errors to [`ProviderError`], by AWS error code, in one table.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::ErrorKind as RetryKind;
use ohinfra_core::error::{ErrorKind, ProviderError};

/// Codes that [`PATTERNS`] would not classify or would classify differently.
const CODES: &[(&str, ErrorKind)] = &[
    ("RequestLimitExceeded", ErrorKind::Throttled),
    ("BandwidthLimitExceeded", ErrorKind::Throttled),
    ("Throttled", ErrorKind::Throttled),
    ("Throttling", ErrorKind::Throttled),
    ("ThrottlingException", ErrorKind::Throttled),
    ("ThrottledException", ErrorKind::Throttled),
    ("RequestThrottled", ErrorKind::Throttled),
    ("RequestThrottledException", ErrorKind::Throttled),
    ("TooManyRequestsException", ErrorKind::Throttled),
    ("ProvisionedThroughputExceededException", ErrorKind::Throttled),
    ("PriorRequestNotComplete", ErrorKind::Throttled),
    ("TooManyUpdates", ErrorKind::Throttled),
    ("TooManyRequests", ErrorKind::Throttled),
    ("SlowDown", ErrorKind::Throttled),
    ("ExpiredToken", ErrorKind::Credentials),
    ("ExpiredTokenException", ErrorKind::Credentials),
    ("RequestExpired", ErrorKind::Credentials),
    ("InvalidClientTokenId", ErrorKind::Credentials),
    ("UnrecognizedClientException", ErrorKind::Credentials),
    ("InvalidAccessKeyId", ErrorKind::Credentials),
    ("SignatureDoesNotMatch", ErrorKind::Credentials),
    ("InvalidSignatureException", ErrorKind::Credentials),
    // S3: the clock of this machine is wrong.
    ("RequestTimeTooSkewed", ErrorKind::Credentials),
    ("IncompleteSignature", ErrorKind::Credentials),
    ("AuthFailure", ErrorKind::Credentials),
    ("AccessDenied", ErrorKind::Denied),
    ("AccessDeniedException", ErrorKind::Denied),
    ("AuthorizationError", ErrorKind::Denied),
    ("UnauthorizedOperation", ErrorKind::Denied),
    ("OptInRequired", ErrorKind::Denied),
    ("DependencyViolation", ErrorKind::Dependency),
    ("DeleteConflict", ErrorKind::Dependency),
    ("OperationAborted", ErrorKind::Dependency),
    // CloudWatch Logs: two operations on one log group.
    ("OperationAbortedException", ErrorKind::Dependency),
    // RDS and AWS Backup: another operation is in progress.
    ("InvalidResourceStateFault", ErrorKind::Dependency),
    ("InvalidResourceStateException", ErrorKind::Dependency),
    // EC2: the same for any resource; and a security group that is still in use.
    ("IncorrectState", ErrorKind::Dependency),
    ("InvalidGroup.InUse", ErrorKind::Dependency),
    ("ResourceInUse", ErrorKind::Dependency),
    ("ResourceInUseException", ErrorKind::Dependency),
    ("ConcurrentModification", ErrorKind::Dependency),
    ("ConcurrentModificationException", ErrorKind::Dependency),
    ("ConcurrentAccess", ErrorKind::Dependency),
    ("ConflictingOperation", ErrorKind::Dependency),
    ("EntityTemporarilyUnmodifiable", ErrorKind::Dependency),
    ("InvalidGroup.Duplicate", ErrorKind::Exists),
    ("InvalidPermission.Duplicate", ErrorKind::Exists),
    ("ResourceExistsException", ErrorKind::Exists),
    ("BucketAlreadyOwnedByYou", ErrorKind::Exists),
    ("NotFound", ErrorKind::NotFound),
    ("NotFoundException", ErrorKind::NotFound),
    ("ResourceNotFound", ErrorKind::NotFound),
    ("DashboardNotFoundError", ErrorKind::NotFound),
    ("InvalidSecurityGroupRuleId.NotFound", ErrorKind::NotFound),
    ("OwnershipControlsNotFoundError", ErrorKind::NotFound),
    ("ServerSideEncryptionConfigurationNotFoundError", ErrorKind::NotFound),
    ("BucketNotEmpty", ErrorKind::Invalid),
    ("ResourceConflictException", ErrorKind::Dependency),
    ("FileSystemInUse", ErrorKind::Dependency),
    ("IncorrectFileSystemLifeCycleState", ErrorKind::Dependency),
    ("IncorrectMountTargetState", ErrorKind::Dependency),
    ("ScalingActivityInProgress", ErrorKind::Dependency),
    ("InstanceRefreshInProgress", ErrorKind::Dependency),
    ("DistributionNotDisabled", ErrorKind::Dependency),
    ("ResponseHeadersPolicyInUse", ErrorKind::Dependency),
    // CloudFront: concurrent modification since the last read.
    ("PreconditionFailed", ErrorKind::Dependency),
    ("InvalidIfMatchVersion", ErrorKind::Dependency),
    ("WAFOptimisticLockException", ErrorKind::Dependency),
    ("WAFAssociatedItemException", ErrorKind::Dependency),
    ("WAFInternalErrorException", ErrorKind::Unavailable),
    ("WAFUnavailableEntityException", ErrorKind::NotYetVisible),
    ("WAFNonexistentItemException", ErrorKind::NotFound),
    ("WAFDuplicateItemException", ErrorKind::Exists),
    ("WAFLimitsExceededException", ErrorKind::Limit),
    // RDS Data API: the cluster is resuming, has no writer yet, or has not enabled the API yet.
    ("DatabaseResumingException", ErrorKind::Dependency),
    ("DatabaseUnavailableException", ErrorKind::Dependency),
    ("HttpEndpointNotEnabledException", ErrorKind::Dependency),
    ("DatabaseNotFoundException", ErrorKind::NotYetVisible),
    ("SecretsErrorException", ErrorKind::NotYetVisible),
    ("DatabaseErrorException", ErrorKind::Invalid),
    ("StatementTimeoutException", ErrorKind::Unavailable),
    // RDS: a subnet used by a cluster cannot be removed from its subnet group.
    ("SubnetAlreadyInUse", ErrorKind::Invalid),
    ("PriorityInUse", ErrorKind::Exists),
    ("MountTargetConflict", ErrorKind::Exists),
    ("InternalError", ErrorKind::Unavailable),
    ("InternalFailure", ErrorKind::Unavailable),
    ("InternalServiceError", ErrorKind::Unavailable),
    ("ServiceUnavailable", ErrorKind::Unavailable),
    ("ServiceFailure", ErrorKind::Unavailable),
    ("RequestTimeout", ErrorKind::Unavailable),
    ("KMSInternalException", ErrorKind::Unavailable),
    // new codes above this line
];

/// Predicate on an error code.
type Fits = fn(&str) -> bool;

/// Classification by the spelling of a code; the first match wins.
const PATTERNS: &[(Fits, ErrorKind)] = &[
    (
        |code| code.contains("AlreadyExist") || code.contains("ExistsException") || code.starts_with("Duplicate"),
        ErrorKind::Exists,
    ),
    (|code| code.contains("NotFound") || code.starts_with("NoSuch"), ErrorKind::NotFound),
    // RDS: a state transition is in progress.
    (|code| code.starts_with("InvalidDB") && code.contains("State"), ErrorKind::Dependency),
    // AWS lacks capacity: InsufficientInstanceCapacity, InsufficientDBClusterCapacityFault.
    (|code| code.starts_with("Insufficient") && code.contains("Capacity"), ErrorKind::Limit),
    (
        |code| {
            code.contains("LimitExceeded")
                || code.contains("LimitsExceeded")
                || code.contains("QuotaExceeded")
                || code.starts_with("TooMany")
        },
        ErrorKind::Limit,
    ),
    (
        |code| code.starts_with("Invalid") || code.starts_with("Malformed") || code.starts_with("Validation"),
        ErrorKind::Invalid,
    ),
    (|code| code.starts_with("Missing") || code.starts_with("UnknownParameter"), ErrorKind::Invalid),
];

/// Errors that AWS distinguishes from an invalid request only by message: code, message fragment, classification. The code must
/// match as well, so that no other error is classified by accident.
const TEXTS: &[(&str, &str, ErrorKind)] = &[
    // IAM, KMS and Secrets Manager: a role named as a principal seconds after it was created.
    ("MalformedPolicyDocument", "Invalid principal", ErrorKind::NotYetVisible),
    ("MalformedPolicyDocumentException", "principal", ErrorKind::NotYetVisible),
    // S3: the same, in a bucket policy.
    ("MalformedPolicy", "Invalid principal", ErrorKind::NotYetVisible),
    // EFS: the same, in a file system policy.
    ("InvalidPolicyException", "invalid Principal block", ErrorKind::NotYetVisible),
    // AWS Backup, and every service that assumes a role for the deployment.
    ("InvalidParameterValueException", "cannot be assumed", ErrorKind::NotYetVisible),
    ("InvalidParameterValueException", "IAM Role", ErrorKind::NotYetVisible),
    // Lambda: one code, two meanings.
    ("ResourceConflictException", "already exist", ErrorKind::Exists),
    // Lambda: a version replicated to CloudFront edge locations, or a function with such a version.
    ("InvalidParameterValueException", "replicated function", ErrorKind::Deferred),
    // Elastic Load Balancing: the permission to invoke the function was just created and is not visible yet.
    ("AccessDenied", "principal does not have permission to invoke", ErrorKind::NotYetVisible),
    // Auto Scaling and RDS validate references immediately: the referenced resource was just created.
    ("ValidationError", "not found", ErrorKind::NotFound),
    ("ValidationError", "Invalid IAM Instance Profile", ErrorKind::NotYetVisible),
    ("ValidationError", "Invalid IamInstanceProfile", ErrorKind::NotYetVisible),
    // RDS in an account without a previous database: the first call creates the service-linked role in the background.
    ("InvalidParameterValue", "service linked role", ErrorKind::NotYetVisible),
    ("InvalidParameterValue", "ServiceLinkedRoles.html", ErrorKind::NotYetVisible),
    // CloudFront: a certificate, web ACL, role or Lambda version that was just created. The message has been seen with both
    // kinds of apostrophes.
    ("InvalidViewerCertificate", "The specified SSL certificate doesn", ErrorKind::NotYetVisible),
    ("InvalidWebACLId", "Unable to verify read permissions", ErrorKind::NotYetVisible),
    ("InvalidLambdaFunctionAssociation", "must be assumable", ErrorKind::NotYetVisible),
    ("InvalidLambdaFunctionAssociation", "must be in an Active state", ErrorKind::NotYetVisible),
    ("IllegalUpdate", "may be in progress at a time", ErrorKind::Dependency),
    // Cognito: the domain prefix is in use.
    ("InvalidParameterException", "already associated", ErrorKind::Exists),
    ("InvalidParameterException", "already exists", ErrorKind::Exists),
    // Route 53: the record already exists, or was already deleted.
    ("InvalidChangeBatch", "already exists", ErrorKind::Exists),
    ("InvalidChangeBatch", "not found", ErrorKind::NotFound),
    // RDS Data API: the cluster is starting, stopping or failing over, or the password was just set.
    ("DatabaseErrorException", "starting up", ErrorKind::Dependency),
    ("DatabaseErrorException", "shutting down", ErrorKind::Dependency),
    ("DatabaseErrorException", "terminating connection", ErrorKind::Dependency),
    ("DatabaseErrorException", "password authentication failed", ErrorKind::NotYetVisible),
    // RDS Data API of Aurora Serverless v1.
    ("BadRequestException", "HttpEndpoint is not enabled", ErrorKind::Dependency),
    ("BadRequestException", "Communications link failure", ErrorKind::Dependency),
    // AWS Backup: recovery points are deleted asynchronously.
    ("InvalidRequestException", "contains recovery points", ErrorKind::Dependency),
    // EC2: an endpoint of the same service is still being deleted.
    ("InvalidParameter", "conflicting DNS domain", ErrorKind::Dependency),
];

/// Returns a function that converts an SDK error. `operation` is the required permission, `service:Action`.
pub fn api_error<E>(operation: &'static str) -> impl Fn(SdkError<E, HttpResponse>) -> ProviderError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    move |error| classify(operation, &error)
}

/// Like [`api_error`], for a call that references other resources: "not found" means that a referenced resource was just created and
/// is not visible everywhere yet (EC2 and IAM are eventually consistent).
pub fn api_error_eventual<E>(operation: &'static str) -> impl Fn(SdkError<E, HttpResponse>) -> ProviderError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    move |error| {
        let mut error = classify(operation, &error);
        if error.kind == ErrorKind::NotFound {
            error.kind = ErrorKind::NotYetVisible;
        }
        error
    }
}

/// Converts a "not found" error to `None`.
///
/// # Errors
/// Any other error is returned unchanged.
pub fn none_if_missing<T>(result: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn classify<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> ProviderError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let (code, message) = (error.code().map(str::to_owned), error.message().map(str::to_owned));
    let request_id = error
        .raw_response()
        .and_then(|response| {
            let headers = response.headers();
            headers.get("x-amzn-requestid").or_else(|| headers.get("x-amz-request-id"))
        })
        .map(str::to_owned);
    let status = error.raw_response().map(|response| response.status().as_u16());
    // The SDK reports a body that is no AWS error, such as the HTML page of a proxy, as an unhandled error of the service. Its
    // status does not prove that a resource is missing. HEAD responses of S3 have no body at all.
    let has_foreign_body = code.is_none()
        && request_id.is_none()
        && error.raw_response().and_then(|response| response.body().bytes()).is_some_and(|body| !body.is_empty());
    let kind = match error {
        SdkError::ServiceError(_) if has_foreign_body && status == Some(404) => ErrorKind::Other,
        SdkError::ServiceError(_) => of_answer(
            code.as_deref().unwrap_or_default(),
            message.as_deref().unwrap_or_default(),
            status.unwrap_or_default(),
        ),
        SdkError::ResponseError(_) if status == Some(404) => ErrorKind::Other,
        SdkError::ResponseError(_) if status.is_some_and(|status| (400..500).contains(&status)) => {
            of_answer("", "", status.unwrap_or_default())
        }
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => ErrorKind::Unavailable,
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) if credentials_error(error).is_some() => {
            ErrorKind::Credentials
        }
        // The last case is a connection closed in the middle of a response.
        SdkError::DispatchFailure(failure)
            if failure.is_io() || failure.is_timeout() || failure.as_other() == Some(RetryKind::TransientError) =>
        {
            ErrorKind::Unavailable
        }
        SdkError::ConstructionFailure(_) => ErrorKind::Invalid,
        _ => ErrorKind::Other,
    };
    let message =
        message.filter(|message| !message.is_empty()).unwrap_or_else(|| match (credentials_error(error), status) {
            // The SDK's message lists its credential providers on several lines.
            (Some(CredentialsError::CredentialsNotLoaded(_)), _) => {
                "no AWS credentials found in the environment, profile, container or instance".to_owned()
            }
            // The SDK would print the response as a Rust structure, or the message of its parser.
            (None, Some(status)) => format!("HTTP status {status} without an AWS error message"),
            _ => innermost(error),
        });
    ProviderError { kind, operation: operation.to_owned(), code, message, request_id }
}

/// Classifies an error reported inside a successful response, which has only a code and a message.
pub fn of_code(code: &str, message: &str) -> ErrorKind {
    of_answer(code, message, 0)
}

/// Classifies an error response.
fn of_answer(code: &str, message: &str, status: u16) -> ErrorKind {
    // The EC2 query protocol prefixes some codes with `Client.`.
    let code = code.strip_prefix("Client.").unwrap_or(code);
    if let Some((_, _, kind)) = TEXTS.iter().find(|(known, fragment, _)| *known == code && message.contains(fragment)) {
        return *kind;
    }
    let listed = CODES.iter().find(|(known, _)| *known == code).map(|(_, kind)| *kind);
    listed.or_else(|| PATTERNS.iter().find(|(fits, _)| fits(code)).map(|(_, kind)| *kind)).unwrap_or(match status {
        404 => ErrorKind::NotFound,
        403 => ErrorKind::Denied,
        429 => ErrorKind::Throttled,
        500.. => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    })
}

/// Returns the SDK's credentials error from the chain of causes, if any.
fn credentials_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsError> {
    causes(error).find_map(|cause| cause.downcast_ref::<CredentialsError>())
}

/// Returns the message of the innermost cause: the outer ones only report that the call failed.
fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[test]
    fn responses_without_an_aws_error_report_their_status() {
        let response = |status: u16, body: &'static str| {
            HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body))
        };
        let parser = || -> Box<dyn Error + Send + Sync> { "unexpected token `<` at 1:1".into() };
        for (error, kind, status) in [
            (SdkError::response_error(parser(), response(500, "<html>")), ErrorKind::Unavailable, 500),
            (SdkError::response_error(parser(), response(403, "<html>")), ErrorKind::Denied, 403),
            (SdkError::response_error(parser(), response(404, "<html>")), ErrorKind::Other, 404),
            (SdkError::service_error(ErrorMetadata::builder().build(), response(403, "")), ErrorKind::Denied, 403),
            (SdkError::service_error(ErrorMetadata::builder().build(), response(404, "<html>")), ErrorKind::Other, 404),
            (SdkError::service_error(ErrorMetadata::builder().build(), response(404, "")), ErrorKind::NotFound, 404),
        ] {
            let error = classify("s3:HeadBucket", &error);
            assert_eq!(error.kind, kind, "{status}");
            assert_eq!(error.message, format!("HTTP status {status} without an AWS error message"));
        }
    }

    #[test]
    fn error_codes_are_classified() {
        for (code, message, status, kind) in [
            ("InvalidGroup.NotFound", "", 400, ErrorKind::NotFound),
            ("NoSuchEntity", "", 404, ErrorKind::NotFound),
            ("EntityAlreadyExists", "", 409, ErrorKind::Exists),
            ("ResourceNotFoundException", "", 400, ErrorKind::NotFound),
            ("Client.RequestLimitExceeded", "", 503, ErrorKind::Throttled),
            ("LimitExceededException", "", 400, ErrorKind::Limit),
            ("SecurityGroupLimitExceeded", "", 400, ErrorKind::Limit),
            ("DependencyViolation", "", 400, ErrorKind::Dependency),
            ("MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":\"AIDA\"", 400, ErrorKind::NotYetVisible),
            ("MalformedPolicyDocument", "Syntax errors in policy.", 400, ErrorKind::Invalid),
            ("InvalidPolicyException", "Policy contains invalid Principal block", 400, ErrorKind::NotYetVisible),
            ("InvalidPolicyException", "Policy is not valid JSON", 400, ErrorKind::Invalid),
            (
                "InvalidWebACLId",
                "Unable to verify read permissions on Web ACL. Please retry the request",
                400,
                ErrorKind::NotYetVisible,
            ),
            ("InvalidIfMatchVersion", "", 400, ErrorKind::Dependency),
            ("TooManyTargetGroups", "", 400, ErrorKind::Limit),
            ("TooManyUpdates", "There are concurrent updates for a resource", 400, ErrorKind::Throttled),
            (
                "ValidationError",
                "You must use a valid fully-formed launch template. Value (openhands) for parameter iamInstanceProfile.name is \
                 invalid. Invalid IAM Instance Profile name",
                400,
                ErrorKind::NotYetVisible,
            ),
            (
                "InvalidParameterValue",
                "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise wait \
                 and try again later",
                400,
                ErrorKind::NotYetVisible,
            ),
            (
                "InvalidViewerCertificate",
                "The specified SSL certificate doesn’t exist, isn’t in us-east-1 region, isn’t valid, or doesn’t include a valid \
                 certificate chain.",
                400,
                ErrorKind::NotYetVisible,
            ),
            (
                "InvalidViewerCertificate",
                "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME)",
                400,
                ErrorKind::Invalid,
            ),
            (
                "InvalidLambdaFunctionAssociation",
                "The function must be in an Active state. The current state for function arn:aws:lambda:us-east-1:1:function:f:1 \
                 is Pending",
                400,
                ErrorKind::NotYetVisible,
            ),
            ("OperationAbortedException", "", 400, ErrorKind::Dependency),
            ("InvalidResourceStateFault", "another operation is in progress", 400, ErrorKind::Dependency),
            ("InvalidResourceStateException", "", 400, ErrorKind::Dependency),
            ("IncorrectState", "", 400, ErrorKind::Dependency),
            ("InvalidGroup.InUse", "", 400, ErrorKind::Dependency),
            ("RequestTimeTooSkewed", "", 403, ErrorKind::Credentials),
            ("InsufficientInstanceCapacity", "", 500, ErrorKind::Limit),
            ("InsufficientDBClusterCapacityFault", "", 403, ErrorKind::Limit),
            ("SubnetAlreadyInUse", "", 400, ErrorKind::Invalid),
            ("DatabaseErrorException", "ERROR: syntax error at or near", 400, ErrorKind::Invalid),
            ("DatabaseErrorException", "FATAL: the database system is starting up", 400, ErrorKind::Dependency),
            ("DatabaseErrorException", "FATAL: password authentication failed", 400, ErrorKind::NotYetVisible),
            ("DatabaseResumingException", "", 400, ErrorKind::Dependency),
            ("HttpEndpointNotEnabledException", "", 400, ErrorKind::Dependency),
            ("SecretsErrorException", "", 400, ErrorKind::NotYetVisible),
            (
                "InvalidRequestException",
                "cannot be deleted because it contains recovery points",
                400,
                ErrorKind::Dependency,
            ),
            ("", "", 404, ErrorKind::NotFound),
            ("", "", 503, ErrorKind::Unavailable),
            ("Whatever", "", 400, ErrorKind::Other),
        ] {
            assert_eq!(of_answer(code, message, status), kind, "{code} {status}");
        }
    }
}
