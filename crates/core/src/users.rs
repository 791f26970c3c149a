//! The user directory as the command line needs it: the users who can log in.

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ProviderError;

/// A user account in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The username in API calls.
    pub username: String,
    /// The ID in tokens (`sub`), under which OpenHands stores conversations and settings.
    pub id: String,
    /// The email address; empty if the account has none.
    pub email: String,
    /// `true` if the email address is verified.
    pub email_verified: bool,
    /// The status as the directory reports it.
    pub status: UserStatus,
    /// `true` if the account can log in.
    pub enabled: bool,
    /// The time of creation.
    pub created: Timestamp,
    /// The time of the last change.
    pub changed: Timestamp,
}

/// The status of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum UserStatus {
    /// Invited, with a temporary password that has not been used.
    Invited,
    /// Confirmed, with a password chosen by the user.
    Confirmed,
    /// Authenticated by an external identity provider.
    External,
    /// Any other status, as the directory reports it.
    Other(String),
}

impl UserStatus {
    /// Returns the status as the directory reports it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invited => "FORCE_CHANGE_PASSWORD",
            Self::Confirmed => "CONFIRMED",
            Self::External => "EXTERNAL_PROVIDER",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for UserStatus {
    fn from(word: String) -> Self {
        match word.as_str() {
            "FORCE_CHANGE_PASSWORD" => Self::Invited,
            "CONFIRMED" => Self::Confirmed,
            "EXTERNAL_PROVIDER" => Self::External,
            _ => Self::Other(word),
        }
    }
}

impl From<UserStatus> for String {
    fn from(status: UserStatus) -> Self {
        status.as_str().to_owned()
    }
}

/// The sender of the directory's email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mailer {
    /// The directory's built-in sender, with a daily limit per AWS account.
    BuiltIn {
        /// The maximum number of messages per day.
        daily: usize,
    },
    /// An email service configured by the operator, with separate limits.
    Own,
}

/// A user directory. The directory generates the temporary password of an invitation and emails it; callers never see it.
pub trait UserDirectory: Send + Sync {
    /// Lists all accounts.
    fn list(&self) -> BoxFuture<'_, Result<Vec<User>, ProviderError>>;
    /// Returns the sender of the directory's email.
    fn mailer(&self) -> BoxFuture<'_, Result<Mailer, ProviderError>>;
    /// Creates an account with a verified email address and sends the invitation.
    fn invite<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Resends the invitation with a new temporary password. `email` must be spelled as in the account.
    fn resend<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Enables or disables an account.
    fn set_enabled<'a>(&'a self, username: &'a str, enabled: bool) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Deletes an account. Succeeds if the account does not exist.
    fn delete<'a>(&'a self, username: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_round_trips_unchanged() {
        for word in ["FORCE_CHANGE_PASSWORD", "CONFIRMED", "EXTERNAL_PROVIDER", "RESET_REQUIRED", ""] {
            let status = UserStatus::from(word.to_owned());
            assert_eq!(status.as_str(), word);
            let text = serde_json::to_string(&status).unwrap_or_default();
            assert_eq!(text, format!("\"{word}\""));
        }
    }
}
