//! Errors of calls to the cloud, classified as the engine needs them.

use std::fmt;

/// The class of an error, on which the engine's decisions are based.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The resource does not exist.
    NotFound,
    /// A resource with that name already exists.
    Exists,
    /// The resource is in use or busy; retried for a while.
    Dependency,
    /// A dependency was just created and is not visible yet (eventual consistency); retried for a while.
    NotYetVisible,
    /// The request rate is too high.
    Throttled,
    /// The caller lacks the permission.
    Denied,
    /// The credentials are missing, expired or rejected.
    Credentials,
    /// The request is invalid; a retry cannot succeed.
    Invalid,
    /// A quota is exceeded.
    Limit,
    /// Not possible for hours, for a reason outside the user's control; deferred to a later run.
    Deferred,
    /// The operation exceeded its time limit.
    Timeout,
    /// No response, or an internal error of the service. The call may have taken effect.
    Unavailable,
    /// Any other error.
    Other,
}

/// An error of a kind or a lookup.
#[derive(Debug, Clone, thiserror::Error)]
pub struct ProviderError {
    /// The class of the error.
    pub kind: ErrorKind,
    /// The operation, `service:Operation`; also the name of the required permission.
    pub operation: String,
    /// The AWS error code, if any.
    pub code: Option<String>,
    /// The message from AWS.
    pub message: String,
    /// The AWS request ID, for a support case.
    pub request_id: Option<String>,
}

impl ProviderError {
    /// Creates an error that does not come from a response.
    pub fn new(kind: ErrorKind, operation: &str, message: impl Into<String>) -> Self {
        Self { kind, operation: operation.to_owned(), code: None, message: message.into(), request_id: None }
    }

    /// Creates the error for a response that lacks a member which AWS documents as always present.
    pub fn incomplete(operation: &str, member: &str) -> Self {
        Self::new(ErrorKind::Other, operation, format!("the response has no `{member}`"))
    }

    /// Creates the error for a resource, such as `the cluster`, that was just created and that AWS does not return yet.
    pub fn not_visible(operation: &str, what: &str) -> Self {
        Self::new(ErrorKind::NotYetVisible, operation, format!("{what} is not visible yet"))
    }

    /// Splits the identity `parent:child` of a subordinate resource into its two parts; `form` describes them in the error.
    pub fn split_identity<'a>(id: &'a str, form: &str) -> Result<(&'a str, &'a str), Self> {
        let message = || format!("invalid identity `{id}`: expected `{form}`");
        id.split_once(':').ok_or_else(|| Self::new(ErrorKind::Invalid, "identity", message()))
    }

    /// Returns `true` if a retry may succeed without any other change.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Dependency | ErrorKind::NotYetVisible | ErrorKind::Throttled | ErrorKind::Unavailable
        )
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}
