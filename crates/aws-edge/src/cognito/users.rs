//! Administration of the users of a user pool. No call returns or accepts a password: Cognito generates the temporary password and
//! sends it by email.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::Builder;
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, DeliveryMediumType, EmailSendingAccountType, MessageActionType, UserType,
};
use aws_smithy_types::DateTime;
use futures::future::BoxFuture;
use jiff::Timestamp;
use ohinfra_aws_core::{OnlyIfRefused, api_error, none_if_missing};
use ohinfra_core::ProviderError;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::users::{Mailer, User, UserDirectory, UserStatus};

const CREATE: &str = "cognito-idp:AdminCreateUser";
const LIST: &str = "cognito-idp:ListUsers";
/// Maximum number of users per list call (AWS limit).
const PAGE: i32 = 60;
/// Maximum number of emails per day and account with the built-in email service ("Email settings for Amazon Cognito user pools").
const DAILY_MAILS: usize = 50;

/// User directory of a Cognito user pool.
pub struct UserPoolUsers {
    client: Client,
    pool: String,
}

fn attribute(name: &str, value: &str) -> Result<AttributeType, ProviderError> {
    let built = AttributeType::builder().name(name).value(value).build();
    built.map_err(|error| ProviderError::new(ErrorKind::Invalid, CREATE, error.to_string()))
}

fn time(time: Option<&DateTime>) -> Timestamp {
    time.and_then(|time| Timestamp::from_second(time.secs()).ok()).unwrap_or_default()
}

fn user(user: &UserType) -> Result<User, ProviderError> {
    let value = |name: &str| {
        let found = user.attributes().iter().find(|attribute| attribute.name() == name);
        found.and_then(|attribute| attribute.value()).unwrap_or_default().to_owned()
    };
    let username = user.username().ok_or_else(|| ProviderError::incomplete(LIST, "Username"))?;
    Ok(User {
        username: username.to_owned(),
        id: value("sub"),
        email: value("email"),
        email_verified: value("email_verified") == "true",
        status: UserStatus::from(user.user_status().map_or("UNKNOWN", |status| status.as_str()).to_owned()),
        enabled: user.enabled,
        created: time(user.user_create_date()),
        changed: time(user.user_last_modified_date()),
    })
}

impl UserPoolUsers {
    /// Returns the directory of a pool.
    pub fn new(client: Client, pool: &str) -> Self {
        Self { client, pool: pool.to_owned() }
    }
}

impl UserDirectory for UserPoolUsers {
    fn list(&self) -> BoxFuture<'_, Result<Vec<User>, ProviderError>> {
        Box::pin(async {
            let pages = self.client.list_users().user_pool_id(&self.pool).limit(PAGE).into_paginator().items().send();
            let users = pages.collect::<Result<Vec<_>, _>>().await.map_err(api_error(LIST))?;
            users.iter().map(user).collect()
        })
    }

    fn mailer(&self) -> BoxFuture<'_, Result<Mailer, ProviderError>> {
        Box::pin(async {
            let result = self.client.describe_user_pool().user_pool_id(&self.pool).send().await;
            let pool = result.map_err(api_error("cognito-idp:DescribeUserPool"))?.user_pool;
            let sender = pool.and_then(|pool| pool.email_configuration).and_then(|mail| mail.email_sending_account);
            let is_own = sender == Some(EmailSendingAccountType::Developer);
            Ok(if is_own { Mailer::Own } else { Mailer::BuiltIn { daily: DAILY_MAILS } })
        })
    }

    fn invite<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let call = self.client.admin_create_user().user_pool_id(&self.pool).username(email);
            let call = call.user_attributes(attribute("email", email)?);
            // The invitation verifies the address: only its owner receives the temporary password.
            let call = call.user_attributes(attribute("email_verified", "true")?);
            let call = call.desired_delivery_mediums(DeliveryMediumType::Email);
            call.send().await.map(|_| ()).map_err(api_error(CREATE))
        })
    }

    fn resend<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            // The email address, not the `sub`: this call requires the sign-in name.
            let call = self.client.admin_create_user().user_pool_id(&self.pool).username(email);
            let call = call.message_action(MessageActionType::Resend);
            let call = call.desired_delivery_mediums(DeliveryMediumType::Email).customize();
            // Every attempt that reaches Cognito sends an email.
            let call = call.config_override(Builder::new().retry_classifier(OnlyIfRefused));
            call.send().await.map(|_| ()).map_err(api_error(CREATE))
        })
    }

    fn set_enabled<'a>(&'a self, username: &'a str, enabled: bool) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            if enabled {
                let call = self.client.admin_enable_user().user_pool_id(&self.pool).username(username);
                call.send().await.map(|_| ()).map_err(api_error("cognito-idp:AdminEnableUser"))
            } else {
                let call = self.client.admin_disable_user().user_pool_id(&self.pool).username(username);
                call.send().await.map(|_| ()).map_err(api_error("cognito-idp:AdminDisableUser"))
            }
        })
    }

    fn delete<'a>(&'a self, username: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let call = self.client.admin_delete_user().user_pool_id(&self.pool).username(username);
            none_if_missing(call.send().await.map_err(api_error("cognito-idp:AdminDeleteUser"))).map(|_| ())
        })
    }
}
