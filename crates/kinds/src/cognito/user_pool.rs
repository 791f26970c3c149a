//! The users, and how they log in.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cognito.user_pool`
pub struct UserPool;

/// Inputs of a Cognito user pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserPoolInputs {
    /// Shown to administrators; not unique.
    pub pool_name: String,
    /// Users log in with their email address, which is a required attribute. Replaces.
    pub email_sign_in: bool,
    /// Only administrators make users.
    pub admin_create_only: bool,
    /// Characters.
    pub password_minimum_length: i32,
    /// What a password must contain: `lowercase`, `numbers`, `symbols`, `uppercase`.
    pub password_requirements: Vec<String>,
    /// Attributes that Cognito verifies by itself: `email`.
    pub auto_verified_attributes: Vec<String>,
    /// How a user who forgot the password proves who they are, in this order: `verified_email`.
    pub recovery: Vec<String>,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// Second factor by an app: `OFF`, `OPTIONAL` or `ON`.
    pub software_token_mfa: String,
    /// The mail to a new user.
    pub invitation_subject: String,
    /// Its HTML.
    pub invitation_message: String,
    /// What the mail that verifies an address has: `CONFIRM_WITH_CODE` or `CONFIRM_WITH_LINK`.
    pub verification_option: String,
    /// The mail with a code.
    pub verification_subject: String,
    /// Its HTML.
    pub verification_message: String,
}

impl Definition for UserPool {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = UserPoolInputs;

    fn schema() -> Schema {
        Schema::new("cognito.user_pool", "A Cognito user pool")
            .plain("pool_name")
            .input("email_sign_in", REPLACE)
            .plain("admin_create_only")
            .plain("password_minimum_length")
            .input("password_requirements", UNORDERED)
            .input("auto_verified_attributes", UNORDERED)
            .plain("recovery")
            .plain("deletion_protection")
            .plain("software_token_mfa")
            .plain("invitation_subject")
            .plain("invitation_message")
            .plain("verification_option")
            .plain("verification_subject")
            .plain("verification_message")
            .holds_data()
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
