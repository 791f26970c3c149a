//! Implementation of `cognito.user_pool`. `UpdateUserPool` resets omitted settings, so an update sends the live pool with the
//! inputs set.

use aws_sdk_cognitoidentityprovider::config::Builder;
use aws_sdk_cognitoidentityprovider::operation::update_user_pool::builders::UpdateUserPoolFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, AttributeDataType, DefaultEmailOptionType,
    DeletionProtectionType, MessageTemplateType, PasswordPolicyType, RecoveryOptionNameType, RecoveryOptionType,
    SchemaAttributeType, SoftwareTokenMfaConfigType, UserPoolMfaType, UserPoolPolicyType, UserPoolType,
    UsernameAttributeType, VerificationMessageTemplateType, VerifiedAttributeType,
};
use futures::future::{try_join, try_join_all};
use ohinfra_aws_core::{OnlyIfRefused, api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::cognito::{UserPool, UserPoolLive};

use super::Clients;

/// `cognito.user_pool`
pub struct UserPoolKind(pub(crate) Clients);

type Inputs = Resolved<UserPool>;

const CREATE: &str = "cognito-idp:CreateUserPool";
const DESCRIBE: &str = "cognito-idp:DescribeUserPool";
const UPDATE: &str = "cognito-idp:UpdateUserPool";
/// Maximum number of pools per list call (AWS limit).
const PAGE: i32 = 60;

fn wrong(error: impl std::fmt::Display) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, CREATE, error.to_string())
}

fn missing(operation: &str) -> ProviderError {
    ProviderError::new(ErrorKind::NotFound, operation, "the user pool no longer exists")
}

fn policies(live: Option<&UserPoolPolicyType>, inputs: &Inputs) -> UserPoolPolicyType {
    let mut policies = live.cloned().unwrap_or_else(|| UserPoolPolicyType::builder().build());
    let requires = |what: &str| inputs.password_requirements.iter().any(|requirement| requirement == what);
    let mut password = policies.password_policy.take().unwrap_or_else(|| PasswordPolicyType::builder().build());
    password.minimum_length = Some(inputs.password_minimum_length);
    password.require_lowercase = requires("lowercase");
    password.require_uppercase = requires("uppercase");
    password.require_numbers = requires("numbers");
    password.require_symbols = requires("symbols");
    policies.password_policy = Some(password);
    policies
}

fn requirements(password: &PasswordPolicyType) -> Vec<String> {
    let all = [
        ("lowercase", password.require_lowercase),
        ("numbers", password.require_numbers),
        ("symbols", password.require_symbols),
        ("uppercase", password.require_uppercase),
    ];
    all.into_iter().filter(|(_, is_required)| *is_required).map(|(name, _)| name.to_owned()).collect()
}

fn verified(inputs: &Inputs) -> Vec<VerifiedAttributeType> {
    inputs.auto_verified_attributes.iter().map(|name| VerifiedAttributeType::from(name.as_str())).collect()
}

fn protection(inputs: &Inputs) -> DeletionProtectionType {
    if inputs.deletion_protection { DeletionProtectionType::Active } else { DeletionProtectionType::Inactive }
}

/// Returns the live settings for users that administrators create, in the form that Cognito accepts.
fn admin_settings(pool: &UserPoolType) -> Option<AdminCreateUserConfigType> {
    let mut config = pool.admin_create_user_config().cloned()?;
    // Cognito reports both settings, but rejects this one together with the validity in the password policy.
    let password = pool.policies().and_then(UserPoolPolicyType::password_policy);
    if password.is_some_and(|password| password.temporary_password_validity_days != 0) {
        config.unused_account_validity_days = 0;
    }
    Some(config)
}

fn invitation(live: Option<AdminCreateUserConfigType>, inputs: &Inputs) -> AdminCreateUserConfigType {
    let mut config = live.unwrap_or_else(|| AdminCreateUserConfigType::builder().build());
    let mail = config.invite_message_template.take();
    let mut mail = mail.unwrap_or_else(|| MessageTemplateType::builder().build());
    mail.email_subject = Some(inputs.invitation_subject.clone());
    mail.email_message = Some(inputs.invitation_message.clone());
    config.invite_message_template = Some(mail);
    config.allow_admin_create_user_only = inputs.admin_create_only;
    config
}

fn verification(live: Option<&VerificationMessageTemplateType>, inputs: &Inputs) -> VerificationMessageTemplateType {
    let mut template = live.cloned().unwrap_or_else(|| VerificationMessageTemplateType::builder().build());
    template.default_email_option = Some(DefaultEmailOptionType::from(inputs.verification_option.as_str()));
    template.email_subject = Some(inputs.verification_subject.clone());
    template.email_message = Some(inputs.verification_message.clone());
    template
}

fn recovery(
    live: Option<&AccountRecoverySettingType>,
    inputs: &Inputs,
) -> Result<AccountRecoverySettingType, ProviderError> {
    let option = |(priority, name): (i32, &String)| {
        RecoveryOptionType::builder().name(RecoveryOptionNameType::from(name.as_str())).priority(priority).build()
    };
    let options: Result<Vec<_>, _> = (1..).zip(&inputs.recovery).map(option).collect();
    let mut setting = live.cloned().unwrap_or_else(|| AccountRecoverySettingType::builder().build());
    setting.recovery_mechanisms = Some(options.map_err(wrong)?);
    Ok(setting)
}

fn recovery_of(pool: &UserPoolType) -> Vec<String> {
    let mut options = pool.account_recovery_setting().map(|all| all.recovery_mechanisms().to_vec()).unwrap_or_default();
    options.sort_by_key(|option| option.priority);
    options.into_iter().map(|option| option.name.as_str().to_owned()).collect()
}

/// Converts the live pool. Cognito omits the subject and the body of an email that are not customized: within settings that
/// it returned, an absent text is empty.
fn live_inputs(pool: &UserPoolType, mfa: Option<String>) -> UserPoolLive {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let password = pool.policies().and_then(|policies| policies.password_policy());
    let admin = pool.admin_create_user_config();
    let invitation = admin.and_then(|admin| admin.invite_message_template());
    let verification = pool.verification_message_template();
    let option = verification.and_then(|mail| mail.default_email_option());
    let verified = pool.auto_verified_attributes().iter().map(|name| name.as_str().to_owned());
    // The form of the user names is immutable: without both lists it is unknown, not `false`.
    let has_names = pool.username_attributes.is_some() || pool.alias_attributes.is_some();
    UserPoolLive {
        pool_name: pool.name().map(str::to_owned),
        email_sign_in: has_names.then(|| pool.username_attributes().contains(&UsernameAttributeType::Email)),
        admin_create_only: admin.map(|admin| admin.allow_admin_create_user_only),
        password_minimum_length: password.and_then(|password| password.minimum_length),
        password_requirements: password.map(requirements),
        auto_verified_attributes: Some(verified.collect()),
        recovery: Some(recovery_of(pool)),
        deletion_protection: pool.deletion_protection().map(|mode| *mode == DeletionProtectionType::Active),
        software_token_mfa: mfa,
        invitation_subject: admin.map(|_| text(invitation.and_then(|mail| mail.email_subject()))),
        invitation_message: admin.map(|_| text(invitation.and_then(|mail| mail.email_message()))),
        verification_option: option.map(|option| option.as_str().to_owned()),
        verification_subject: verification.map(|mail| text(mail.email_subject())),
        verification_message: verification.map(|mail| text(mail.email_message())),
    }
}

fn tags_of(pool: &UserPoolType) -> Tags {
    pool.user_pool_tags().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

impl UserPoolKind {
    async fn get(&self, region: &Region, id: &str) -> Result<Option<UserPoolType>, ProviderError> {
        let result = self.0.in_region(region).describe_user_pool().user_pool_id(id).send().await;
        let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
        Ok(answer.and_then(|answer| answer.user_pool))
    }

    /// Returns the ARN of the pool.
    async fn arn(&self, region: &Region, id: &str) -> Result<String, ProviderError> {
        let pool = self.get(region, id).await?.ok_or_else(|| missing(DESCRIBE))?;
        pool.arn.ok_or_else(|| ProviderError::incomplete(DESCRIBE, "Arn"))
    }

    /// Returns the MFA mode of the pool if authenticator apps are enabled, otherwise `OFF`.
    async fn mfa(&self, region: &Region, id: &str) -> Result<Option<String>, ProviderError> {
        let result = self.0.in_region(region).get_user_pool_mfa_config().user_pool_id(id).send().await;
        let answer = none_if_missing(result.map_err(api_error("cognito-idp:GetUserPoolMfaConfig")))?;
        let on = answer.as_ref().and_then(|a| a.software_token_mfa_configuration()).is_some_and(|token| token.enabled);
        if !on {
            return Ok(Some("OFF".to_owned()));
        }
        Ok(answer.and_then(|answer| answer.mfa_configuration).map(|mode| mode.as_str().to_owned()))
    }

    /// Sets the MFA mode for authenticator apps. Other factors are kept.
    async fn set_mfa(&self, region: &Region, id: &str, mode: &str, is_new: bool) -> Result<(), ProviderError> {
        let client = self.0.in_region(region);
        let token = SoftwareTokenMfaConfigType::builder().enabled(mode != "OFF").build();
        let mut call = client.set_user_pool_mfa_config().user_pool_id(id).software_token_mfa_configuration(token);
        if !is_new {
            let live = client.get_user_pool_mfa_config().user_pool_id(id).send().await;
            let live = live.map_err(api_error("cognito-idp:GetUserPoolMfaConfig"))?;
            call = call.set_sms_mfa_configuration(live.sms_mfa_configuration);
            call = call.set_email_mfa_configuration(live.email_mfa_configuration);
            call = call.set_web_authn_configuration(live.web_authn_configuration);
        }
        let call = call.mfa_configuration(UserPoolMfaType::from(mode));
        // A new pool may not be visible to the next call yet.
        call.send().await.map(|_| ()).map_err(api_error_eventual("cognito-idp:SetUserPoolMfaConfig"))
    }

    /// Returns a call that sends the live pool with its tags, without the legacy members for verification messages, which
    /// Cognito copies from the template.
    fn unchanged(&self, region: &Region, pool: &UserPoolType) -> UpdateUserPoolFluentBuilder {
        let live = pool.clone();
        let call = self.0.in_region(region).update_user_pool().set_user_pool_id(live.id).set_pool_name(live.name);
        let call = call.set_email_configuration(live.email_configuration).set_sms_configuration(live.sms_configuration);
        let call = call.set_sms_authentication_message(live.sms_authentication_message);
        let call = call.set_lambda_config(live.lambda_config).set_device_configuration(live.device_configuration);
        let call = call.set_user_attribute_update_settings(live.user_attribute_update_settings);
        let call = call.set_user_pool_add_ons(live.user_pool_add_ons).set_user_pool_tier(live.user_pool_tier);
        let call = call.set_key_configuration(live.key_configuration);
        let call = call.set_issuer_configuration(live.issuer_configuration);
        let call = call.set_acr_configuration(live.acr_configuration);
        let call = call.set_policies(live.policies).set_deletion_protection(live.deletion_protection);
        let call = call.set_auto_verified_attributes(live.auto_verified_attributes);
        let call = call.set_verification_message_template(live.verification_message_template);
        let call = call.set_mfa_configuration(live.mfa_configuration);
        let call = call.set_admin_create_user_config(admin_settings(pool));
        let call = call.set_account_recovery_setting(live.account_recovery_setting);
        call.set_user_pool_tags(live.user_pool_tags)
    }
}

impl Kind for UserPoolKind {
    type Definition = UserPool;

    async fn find(&self, subject: &Subject, known: &Known<UserPool>) -> Result<Option<Found>, ProviderError> {
        let call = self.0.in_region(&subject.region).list_user_pools().max_results(PAGE).into_paginator().items();
        let listed =
            call.send().collect::<Result<Vec<_>, _>>().await.map_err(api_error("cognito-idp:ListUserPools"))?;
        let (named, others): (Vec<_>, Vec<_>) =
            listed.into_iter().partition(|pool| pool.name() == Some(&known.pool_name));
        // Names can change: pools with other names are read only if no pool with this name is owned.
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

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (pool, mfa) = try_join(self.get(region, id), self.mfa(region, id)).await?;
        Ok(pool.map(|pool| {
            let attributes = returned([("id", Some(id)), ("arn", pool.arn())]);
            Live::new(&live_inputs(&pool, mfa), attributes).tagged(tags_of(&pool))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let email = SchemaAttributeType::builder().name("email").attribute_data_type(AttributeDataType::String);
        let email = email.required(true).mutable(true).build();
        let names = inputs.email_sign_in.then(|| vec![UsernameAttributeType::Email]);
        let call = self.0.in_region(&subject.region).create_user_pool().pool_name(&inputs.pool_name);
        let call = call.policies(policies(None, inputs)).deletion_protection(protection(inputs)).schema(email);
        let call = call.set_auto_verified_attributes(Some(verified(inputs))).set_username_attributes(names);
        let call = call.verification_message_template(verification(None, inputs));
        let call = call.admin_create_user_config(invitation(None, inputs));
        let call = call.account_recovery_setting(recovery(None, inputs)?);
        let call = call.set_user_pool_tags(Some(tags.clone().into_iter().collect())).customize();
        let call = call.config_override(Builder::new().retry_classifier(OnlyIfRefused));
        let pool = call.send().await.map_err(api_error(CREATE))?.user_pool;
        let pool = pool.ok_or_else(|| ProviderError::incomplete(CREATE, "UserPool"))?;
        let id = pool.id.ok_or_else(|| ProviderError::incomplete(CREATE, "Id"))?;
        self.set_mfa(&subject.region, &id, &inputs.software_token_mfa, true).await?;
        Ok(Created { attributes: returned([("id", Some(&id)), ("arn", pool.arn.as_deref())]), id })
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if update.changed.is_empty() {
            return Ok(());
        }
        let region = &subject.region;
        let pool = self.get(region, id).await?.ok_or_else(|| missing(UPDATE))?;
        let inputs = &update.desired;
        let call = self.unchanged(region, &pool).pool_name(&inputs.pool_name);
        let call = call.policies(policies(pool.policies(), inputs)).deletion_protection(protection(inputs));
        let call = call.set_auto_verified_attributes(Some(verified(inputs)));
        let call = call.verification_message_template(verification(pool.verification_message_template(), inputs));
        let call = call.admin_create_user_config(invitation(admin_settings(&pool), inputs));
        let mut call = call.account_recovery_setting(recovery(pool.account_recovery_setting(), inputs)?);
        if update.changes("software_token_mfa") {
            self.set_mfa(region, id, &inputs.software_token_mfa, false).await?;
            call = call.mfa_configuration(UserPoolMfaType::from(inputs.software_token_mfa.as_str()));
        }
        call.send().await.map(|_| ()).map_err(api_error(UPDATE))
    }

    async fn set_tags(&self, region: &Region, id: &str, tags: &Tags) -> Result<(), ProviderError> {
        let arn = self.arn(region, id).await?;
        let tags = tags.clone().into_iter().collect();
        let call = self.0.in_region(region).tag_resource().resource_arn(arn).set_tags(Some(tags));
        call.send().await.map(|_| ()).map_err(api_error("cognito-idp:TagResource"))
    }

    async fn remove_tags(&self, region: &Region, id: &str, keys: &[String]) -> Result<(), ProviderError> {
        let arn = self.arn(region, id).await?;
        let call = self.0.in_region(region).untag_resource().resource_arn(arn).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("cognito-idp:UntagResource"))
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let Some(pool) = self.get(region, id).await? else { return Ok(()) };
        // A pool holds data and is deleted only by a purge, so disabling its deletion protection here is safe.
        if pool.deletion_protection() == Some(&DeletionProtectionType::Active) {
            let call = self.unchanged(region, &pool).deletion_protection(DeletionProtectionType::Inactive);
            call.send().await.map_err(api_error(UPDATE))?;
        }
        let result = self.0.in_region(region).delete_user_pool().user_pool_id(id).send().await;
        none_if_missing(result.map_err(api_error("cognito-idp:DeleteUserPool"))).map(|_| ())
    }
}
