//! Cognito user pool: the users and their sign-in settings.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cognito.user_pool`
pub struct UserPool;

/// Inputs of a Cognito user pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct UserPoolInputs {
    /// Name of the user pool. Shown to administrators; not unique.
    pub pool_name: String,
    /// Users sign in with their email address, which is a required attribute. Replaces.
    #[input(replace)]
    pub email_sign_in: bool,
    /// Only administrators can create users.
    pub admin_create_only: bool,
    /// Minimum length of passwords in characters.
    pub password_minimum_length: i32,
    /// Required character types of passwords: `lowercase`, `numbers`, `symbols`, `uppercase`.
    #[input(unordered)]
    pub password_requirements: Vec<String>,
    /// Attributes that Cognito verifies automatically: `email`.
    #[input(unordered)]
    pub auto_verified_attributes: Vec<String>,
    /// Account recovery methods, in order of priority: `verified_email`.
    pub recovery: Vec<String>,
    /// Deletion protection: AWS refuses to delete the user pool.
    pub deletion_protection: bool,
    /// Multi-factor authentication with an authenticator app: `OFF`, `OPTIONAL` or `ON`.
    pub software_token_mfa: String,
    /// Subject of the invitation email.
    pub invitation_subject: String,
    /// Body of the invitation email (HTML).
    pub invitation_message: String,
    /// Content of the verification email: `CONFIRM_WITH_CODE` or `CONFIRM_WITH_LINK`.
    pub verification_option: String,
    /// Subject of the verification email.
    pub verification_subject: String,
    /// Body of the verification email (HTML).
    pub verification_message: String,
}

impl Definition for UserPool {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = UserPoolInputs;

    fn schema() -> Schema {
        Schema::of::<UserPoolInputs>("cognito.user_pool", "A Cognito user pool")
            .holds_data()
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
