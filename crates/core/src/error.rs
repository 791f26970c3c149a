//! What can go wrong when a kind talks to its cloud, in the terms in which the engine decides.

use std::fmt;

/// What an error means for the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The resource is not there.
    NotFound,
    /// A resource of that name is there already.
    Exists,
    /// Something still uses it, or it is busy: worth trying again for a while.
    Dependency,
    /// Something it needs was made a moment ago and is not visible yet: worth trying again for a while.
    NotYetVisible,
    /// Too many calls.
    Throttled,
    /// The caller may not do this.
    Denied,
    /// The credentials are missing, expired or refused.
    Credentials,
    /// The request is wrong: trying again cannot help.
    Invalid,
    /// A quota is used up.
    Limit,
    /// It cannot be done for hours yet, for a reason that nobody can change: left for a later run.
    Deferred,
    /// It took longer than it may.
    Timeout,
    /// No answer, or an error of the service itself. The call may have had its effect.
    Unavailable,
    /// Anything else.
    Other,
}

/// An error from a kind or a look-up.
#[derive(Debug, Clone, thiserror::Error)]
pub struct ProviderError {
    /// What it means.
    pub kind: ErrorKind,
    /// The operation, `service:Operation`, which is also the name of the permission it needs.
    pub operation: String,
    /// AWS's error code, if it gave one.
    pub code: Option<String>,
    /// AWS's message.
    pub message: String,
    /// AWS's request id, for a support case.
    pub request_id: Option<String>,
}

impl ProviderError {
    /// An error that did not come from a call's answer.
    pub fn new(kind: ErrorKind, operation: &str, message: impl Into<String>) -> Self {
        Self { kind, operation: operation.to_owned(), code: None, message: message.into(), request_id: None }
    }

    /// An answer that lacks what AWS documents as always present.
    pub fn incomplete(operation: &str, member: &str) -> Self {
        Self::new(ErrorKind::Other, operation, format!("the answer has no `{member}`"))
    }

    /// The two parts of an identity `one:other` of a thing that belongs to another; `form` says what they are.
    pub fn split_identity<'a>(id: &'a str, form: &str) -> Result<(&'a str, &'a str), Self> {
        let message = || format!("`{id}` is not such an identity: expected `{form}`");
        id.split_once(':').ok_or_else(|| Self::new(ErrorKind::Invalid, "identity", message()))
    }

    /// Whether the same call may succeed a little later without anybody doing anything.
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
