//! The people who may log in: what the command line needs of a user directory.

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ProviderError;

/// A person's account in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name that the directory's calls take.
    pub username: String,
    /// The id in tokens (`sub`): OpenHands keeps conversations and settings under it.
    pub id: String,
    /// The email address; empty if the account has none.
    pub email: String,
    /// Whether the address is marked as verified.
    pub email_verified: bool,
    /// The directory's own word for the status.
    pub status: UserStatus,
    /// Whether the account may log in.
    pub enabled: bool,
    /// When the account was created.
    pub created: Timestamp,
    /// When the account was last changed.
    pub changed: Timestamp,
}

/// How far an account has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum UserStatus {
    /// Invited, with a temporary password that was not used yet.
    Invited,
    /// Logs in with a password of their own.
    Confirmed,
    /// Logs in through the company's identity provider.
    External,
    /// Any other status, in the directory's own word.
    Other(String),
}

impl UserStatus {
    /// The directory's own word.
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

/// Who delivers the directory's mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mailer {
    /// The directory itself, at most this many mails a day and account.
    BuiltIn {
        /// Mails a day.
        daily: usize,
    },
    /// A mail service of the operator's, with limits of its own.
    Own,
}

/// One user directory. Invitations carry a temporary password that the directory makes and mails: no caller ever sees one.
pub trait UserDirectory: Send + Sync {
    /// Every account.
    fn list(&self) -> BoxFuture<'_, Result<Vec<User>, ProviderError>>;
    /// Who delivers the mails.
    fn mailer(&self) -> BoxFuture<'_, Result<Mailer, ProviderError>>;
    /// Creates an account with a verified address, and mails the invitation.
    fn invite<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Mails the invitation again, with a new temporary password. The address is spelled as the account has it.
    fn resend<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Lets an account log in, or no longer.
    fn set_enabled<'a>(&'a self, username: &'a str, enabled: bool) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Deletes an account. One that is gone is success.
    fn delete<'a>(&'a self, username: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_stored_as_the_directorys_own_word() {
        for word in ["FORCE_CHANGE_PASSWORD", "CONFIRMED", "EXTERNAL_PROVIDER", "RESET_REQUIRED", ""] {
            let status = UserStatus::from(word.to_owned());
            assert_eq!(status.as_str(), word);
            let text = serde_json::to_string(&status).unwrap_or_default();
            assert_eq!(text, format!("\"{word}\""));
        }
    }
}
