//! A file-based user directory that simulates Cognito. The file can list email addresses whose calls fail.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use jiff::Timestamp;
use ohinfra_core::ProviderError;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::users::{Mailer, User, UserDirectory, UserStatus};
use serde::{Deserialize, Serialize};

/// The content of the file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Accounts {
    /// The accounts.
    #[serde(default)]
    pub users: Vec<User>,
    /// The number of invitations sent, by email address.
    #[serde(default)]
    pub mails: BTreeMap<String, u32>,
    /// `true` if email is sent through an email service configured by the operator.
    #[serde(default)]
    pub own_mailer: bool,
    /// The email addresses whose calls fail, with the error: `limit`, `denied`, or any other text for an error of the service.
    #[serde(default)]
    pub refused: BTreeMap<String, String>,
}

/// A file-based user directory.
pub struct FileUsers {
    path: PathBuf,
    turn: Mutex<()>,
}

fn refuse(kind: ErrorKind, operation: &str, code: &str, message: &str) -> ProviderError {
    ProviderError { code: Some(code.to_owned()), ..ProviderError::new(kind, operation, message) }
}

/// Returns the time of the `n`th account, which is equal in all runs.
fn time(n: usize) -> Timestamp {
    let seconds = i64::try_from(n).unwrap_or_default() * 60;
    Timestamp::from_second(1_764_000_000 + seconds).unwrap_or_default()
}

impl FileUsers {
    /// Creates a user directory stored in this file.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), turn: Mutex::new(()) }
    }

    /// Reads the accounts from the file.
    pub fn accounts(&self) -> Accounts {
        let bytes = std::fs::read(&self.path).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    fn change<T>(
        &self,
        operation: &str,
        about: &str,
        change: impl FnOnce(&mut Accounts) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut accounts = self.accounts();
        let email = accounts.users.iter().find(|user| user.username == about).map(|user| user.email.clone());
        match accounts.refused.get(email.as_deref().unwrap_or(about)).map(String::as_str) {
            Some("limit") => {
                let message = "Exceeded daily email limit for the operation or the account.";
                return Err(refuse(ErrorKind::Limit, operation, "LimitExceededException", message));
            }
            Some("denied") => {
                return Err(refuse(ErrorKind::Denied, operation, "AccessDeniedException", "not authorized"));
            }
            Some(other) => return Err(ProviderError::new(ErrorKind::Other, operation, other)),
            None => {}
        }
        let result = change(&mut accounts)?;
        let bytes = serde_json::to_vec_pretty(&accounts).unwrap_or_default();
        // If the write fails, the next read of the test fails.
        let _ = ohinfra_state::local::replace_file(&self.path, &bytes);
        Ok(result)
    }
}

fn of<'a>(accounts: &'a mut Accounts, operation: &str, username: &str) -> Result<&'a mut User, ProviderError> {
    let missing = || refuse(ErrorKind::NotFound, operation, "UserNotFoundException", "User does not exist.");
    accounts.users.iter_mut().find(|user| user.username == username).ok_or_else(missing)
}

const CREATE: &str = "cognito-idp:AdminCreateUser";

impl UserDirectory for FileUsers {
    fn list(&self) -> BoxFuture<'_, Result<Vec<User>, ProviderError>> {
        Box::pin(async { Ok(self.accounts().users) })
    }

    fn mailer(&self) -> BoxFuture<'_, Result<Mailer, ProviderError>> {
        let own = self.accounts().own_mailer;
        Box::pin(async move { Ok(if own { Mailer::Own } else { Mailer::BuiltIn { daily: 50 } }) })
    }

    fn invite<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            self.change(CREATE, email, |accounts| {
                if accounts.users.iter().any(|user| user.email == email) {
                    let message = "An account with the email already exists.";
                    return Err(refuse(ErrorKind::Exists, CREATE, "UsernameExistsException", message));
                }
                let n = accounts.users.len() + 1;
                let id = format!("00000000-0000-4000-8000-{n:012}");
                accounts.users.push(User {
                    username: id.clone(),
                    id,
                    email: email.to_owned(),
                    email_verified: true,
                    status: UserStatus::Invited,
                    enabled: true,
                    created: time(n),
                    changed: time(n),
                });
                *accounts.mails.entry(email.to_owned()).or_default() += 1;
                Ok(())
            })
        })
    }

    fn resend<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            self.change(CREATE, email, |accounts| {
                let username = accounts.users.iter().find(|user| user.email == email).map(|user| user.username.clone());
                if of(accounts, CREATE, &username.unwrap_or_default())?.status != UserStatus::Invited {
                    let message = "Resend not possible. User status is not FORCE_CHANGE_PASSWORD";
                    return Err(refuse(ErrorKind::Other, CREATE, "UnsupportedUserStateException", message));
                }
                *accounts.mails.entry(email.to_owned()).or_default() += 1;
                Ok(())
            })
        })
    }

    fn set_enabled<'a>(&'a self, username: &'a str, enabled: bool) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let operation = if enabled { "cognito-idp:AdminEnableUser" } else { "cognito-idp:AdminDisableUser" };
            self.change(operation, username, |accounts| {
                of(accounts, operation, username)?.enabled = enabled;
                Ok(())
            })
        })
    }

    fn delete<'a>(&'a self, username: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            self.change("cognito-idp:AdminDeleteUser", username, |accounts| {
                accounts.users.retain(|user| user.username != username);
                Ok(())
            })
        })
    }
}
