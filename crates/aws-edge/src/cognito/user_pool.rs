//! How AWS does `cognito.user_pool`. `UpdateUserPool` resets what it is not told, so every update tells all.

use aws_sdk_cognitoidentityprovider::config::Builder;
use aws_sdk_cognitoidentityprovider::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, AttributeDataType, DefaultEmailOptionType,
    DeletionProtectionType, MessageTemplateType, PasswordPolicyType, RecoveryOptionNameType, RecoveryOptionType,
    SchemaAttributeType, SoftwareTokenMfaConfigType, UserPoolMfaType, UserPoolPolicyType, UserPoolType,
    UsernameAttributeType, VerificationMessageTemplateType, VerifiedAttributeType,
};
use futures::future::{try_join, try_join_all};
use ohinfra_aws_core::{OnlyIfRefused, failed, is_missing, referring};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::cognito::{UserPool, UserPoolInputs};

use super::Clients;

/// `cognito.user_pool`
pub struct UserPoolKind(pub(crate) Clients);

type Inputs = Resolved<UserPool>;

const CREATE: &str = "cognito-idp:CreateUserPool";
const UPDATE: &str = "cognito-idp:UpdateUserPool";
/// Pools that one call lists.
const PAGE: i32 = 60;

fn wrong(error: impl std::fmt::Display) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, CREATE, error.to_string())
}

fn policies(inputs: &Inputs) -> UserPoolPolicyType {
    let password = PasswordPolicyType::builder()
        .minimum_length(inputs.password_minimum_length)
        .require_lowercase(true)
        .require_uppercase(true)
        .require_numbers(true)
        .require_symbols(true)
        .build();
    UserPoolPolicyType::builder().password_policy(password).build()
}

fn protection(inputs: &Inputs) -> DeletionProtectionType {
    if inputs.deletion_protection { DeletionProtectionType::Active } else { DeletionProtectionType::Inactive }
}

fn invitation(inputs: &Inputs) -> AdminCreateUserConfigType {
    let mail = MessageTemplateType::builder().email_subject(&inputs.invitation_subject);
    let mail = mail.email_message(&inputs.invitation_message).build();
    let builder = AdminCreateUserConfigType::builder().allow_admin_create_user_only(inputs.admin_create_only);
    builder.invite_message_template(mail).build()
}

fn verification(inputs: &Inputs) -> VerificationMessageTemplateType {
    VerificationMessageTemplateType::builder()
        .default_email_option(DefaultEmailOptionType::ConfirmWithCode)
        .email_subject(&inputs.verification_subject)
        .email_message(&inputs.verification_message)
        .build()
}

fn recovery() -> Result<AccountRecoverySettingType, ProviderError> {
    let by_email = RecoveryOptionType::builder().name(RecoveryOptionNameType::VerifiedEmail).priority(1).build();
    Ok(AccountRecoverySettingType::builder().recovery_mechanisms(by_email.map_err(wrong)?).build())
}

fn inputs_of(pool: &UserPoolType, mfa: String) -> Inputs {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let password = pool.policies().and_then(|policies| policies.password_policy());
    let admin = pool.admin_create_user_config();
    let invitation = admin.and_then(|admin| admin.invite_message_template());
    let verification = pool.verification_message_template();
    UserPoolInputs {
        pool_name: text(pool.name()),
        email_sign_in: pool.username_attributes().contains(&UsernameAttributeType::Email),
        admin_create_only: admin.is_some_and(|admin| admin.allow_admin_create_user_only),
        password_minimum_length: password.and_then(|password| password.minimum_length).unwrap_or_default(),
        deletion_protection: pool.deletion_protection() == Some(&DeletionProtectionType::Active),
        software_token_mfa: mfa,
        invitation_subject: text(invitation.and_then(|mail| mail.email_subject())),
        invitation_message: text(invitation.and_then(|mail| mail.email_message())),
        verification_subject: text(verification.and_then(|mail| mail.email_subject())),
        verification_message: text(verification.and_then(|mail| mail.email_message())),
    }
}

fn tags_of(pool: &UserPoolType) -> Tags {
    pool.user_pool_tags().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

impl UserPoolKind {
    async fn get(&self, region: &Region, id: &str) -> Result<Option<UserPoolType>, ProviderError> {
        let result = self.0.at(region).describe_user_pool().user_pool_id(id).send().await;
        let answer = is_missing(result.map_err(failed("cognito-idp:DescribeUserPool")))?;
        Ok(answer.and_then(|answer| answer.user_pool))
    }

    /// The second factor by an app; a pool that has another one besides counts by the pool's own word.
    async fn mfa(&self, region: &Region, id: &str) -> Result<String, ProviderError> {
        let result = self.0.at(region).get_user_pool_mfa_config().user_pool_id(id).send().await;
        let answer = is_missing(result.map_err(failed("cognito-idp:GetUserPoolMfaConfig")))?;
        let on = answer.as_ref().and_then(|a| a.software_token_mfa_configuration()).is_some_and(|token| token.enabled);
        let mode = answer.and_then(|answer| answer.mfa_configuration).filter(|_| on);
        Ok(mode.map_or_else(|| "OFF".to_owned(), |mode| mode.as_str().to_owned()))
    }

    async fn set_mfa(&self, region: &Region, id: &str, mode: &str) -> Result<(), ProviderError> {
        let token = SoftwareTokenMfaConfigType::builder().enabled(mode != "OFF").build();
        let call = self.0.at(region).set_user_pool_mfa_config().user_pool_id(id);
        let call = call.software_token_mfa_configuration(token).mfa_configuration(UserPoolMfaType::from(mode));
        // A pool that has just been made may be unknown to the next call.
        call.send().await.map(|_| ()).map_err(referring("cognito-idp:SetUserPoolMfaConfig"))
    }

    /// Tells all. What is not ours stays as it is there: who sends mails, triggers, devices, the feature plan.
    async fn put(
        &self,
        region: &Region,
        pool: &UserPoolType,
        inputs: &Inputs,
        tags: Tags,
    ) -> Result<(), ProviderError> {
        let call = self.0.at(region).update_user_pool().set_user_pool_id(pool.id.clone()).pool_name(&inputs.pool_name);
        let call = call.set_email_configuration(pool.email_configuration.clone());
        let call = call.set_sms_configuration(pool.sms_configuration.clone());
        let call = call.set_lambda_config(pool.lambda_config.clone());
        let call = call.set_device_configuration(pool.device_configuration.clone());
        let call = call.set_user_attribute_update_settings(pool.user_attribute_update_settings.clone());
        let call = call.set_user_pool_add_ons(pool.user_pool_add_ons.clone());
        let call = call.set_user_pool_tier(pool.user_pool_tier.clone());
        let call = call.policies(policies(inputs)).deletion_protection(protection(inputs));
        let call = call.auto_verified_attributes(VerifiedAttributeType::Email);
        let call = call.verification_message_template(verification(inputs));
        let call = call.mfa_configuration(UserPoolMfaType::from(inputs.software_token_mfa.as_str()));
        let call = call.admin_create_user_config(invitation(inputs)).account_recovery_setting(recovery()?);
        let call = call.set_user_pool_tags(Some(tags.into_iter().collect()));
        call.send().await.map(|_| ()).map_err(failed(UPDATE))
    }

    async fn read_one(&self, region: &Region, id: &str) -> Result<Option<Live>, ProviderError> {
        let (pool, mfa) = try_join(self.get(region, id), self.mfa(region, id)).await?;
        Ok(pool.map(|pool| {
            let arn = pool.arn().unwrap_or_default();
            Live::new(&inputs_of(&pool, mfa), attributes([("id", id), ("arn", arn)])).tagged(tags_of(&pool))
        }))
    }
}

impl Kind for UserPoolKind {
    type Definition = UserPool;

    async fn find(&self, subject: &Subject, known: &Known<UserPool>) -> Result<Option<Found>, ProviderError> {
        let call = self.0.at(&subject.region).list_user_pools().max_results(PAGE).into_paginator().items();
        let listed = call.send().collect::<Result<Vec<_>, _>>().await.map_err(failed("cognito-idp:ListUserPools"))?;
        let (named, others): (Vec<_>, Vec<_>) =
            listed.into_iter().partition(|pool| pool.name() == Some(&known.pool_name));
        // Names can change: the others are looked at only if no pool of the name is ours.
        for pools in [named, others] {
            let ids = pools.into_iter().filter_map(|pool| pool.id).filter(|id| subject.seeks(id));
            let pools = try_join_all(ids.map(|id| async move { self.get(&subject.region, &id).await })).await?;
            let found = pools.into_iter().flatten().find_map(|pool| {
                let tags = tags_of(&pool);
                subject.ownership.matches(&tags).then(|| Some(Found::new(pool.id?, Evidence::Tags(tags))))
            });
            if let Some(found) = found.flatten() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|id| self.read_one(region, id))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let email = SchemaAttributeType::builder().name("email").attribute_data_type(AttributeDataType::String);
        let email = email.required(true).mutable(true).build();
        let names = inputs.email_sign_in.then(|| vec![UsernameAttributeType::Email]);
        let call = self.0.at(&subject.region).create_user_pool().pool_name(&inputs.pool_name);
        let call = call.policies(policies(inputs)).deletion_protection(protection(inputs)).schema(email);
        let call = call.auto_verified_attributes(VerifiedAttributeType::Email).set_username_attributes(names);
        let call = call.verification_message_template(verification(inputs));
        let call = call.admin_create_user_config(invitation(inputs)).account_recovery_setting(recovery()?);
        let call = call.set_user_pool_tags(Some(tags.clone().into_iter().collect())).customize();
        let call = call.config_override(Builder::new().retry_classifier(OnlyIfRefused));
        let pool = call.send().await.map_err(failed(CREATE))?.user_pool;
        let pool = pool.ok_or_else(|| ProviderError::incomplete(CREATE, "UserPool"))?;
        let (id, arn) = (pool.id.unwrap_or_default(), pool.arn.unwrap_or_default());
        self.set_mfa(&subject.region, &id, &inputs.software_token_mfa).await?;
        Ok(Created::new(&id, [("id", &id), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let Some(pool) = self.get(&subject.region, id).await? else {
            return Err(ProviderError::new(ErrorKind::NotFound, UPDATE, "it is gone"));
        };
        let mut tags = tags_of(&pool);
        tags.retain(|key, _| !update.tags_to_remove.contains(key));
        tags.extend(update.tags_to_set.clone());
        if update.changes("software_token_mfa") {
            self.set_mfa(&subject.region, id, &update.desired.software_token_mfa).await?;
        }
        self.put(&subject.region, &pool, &update.desired, tags).await?;
        if !update.tags_to_remove.is_empty() {
            let call = self.0.at(&subject.region).untag_resource().resource_arn(pool.arn.unwrap_or_default());
            let call = call.set_tag_keys(Some(update.tags_to_remove.clone()));
            call.send().await.map_err(failed("cognito-idp:UntagResource"))?;
        }
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let Some(pool) = self.get(region, id).await? else { return Ok(()) };
        // Users are deleted only where the operator has asked for the purge, which is why the protection can be taken off here.
        if pool.deletion_protection() == Some(&DeletionProtectionType::Active) {
            let mfa = self.mfa(region, id).await?;
            let inputs = UserPoolInputs { deletion_protection: false, ..inputs_of(&pool, mfa) };
            self.put(region, &pool, &inputs, tags_of(&pool)).await?;
        }
        let result = self.0.at(region).delete_user_pool().user_pool_id(id).send().await;
        is_missing(result.map_err(failed("cognito-idp:DeleteUserPool"))).map(|_| ())
    }
}
