//! Implementation of `cognito.user_pool`. `UpdateUserPool` resets omitted settings, so an update sends the live pool with the
//! inputs set.

use aws_sdk_cognitoidentityprovider::config::Builder;
use aws_sdk_cognitoidentityprovider::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, AttributeDataType, DefaultEmailOptionType,
    DeletionProtectionType, MessageTemplateType, PasswordPolicyType, RecoveryOptionNameType, RecoveryOptionType,
    SchemaAttributeType, SoftwareTokenMfaConfigType, UserPoolMfaType, UserPoolPolicyType, UserPoolType,
    UsernameAttributeType, VerificationMessageTemplateType, VerifiedAttributeType,
};
use futures::future::{try_join, try_join_all};
use ohinfra_aws_core::{OnlyIfRefused, api_error, api_error_eventual, none_if_missing};
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
/// Maximum number of pools per list call (AWS limit).
const PAGE: i32 = 60;

fn wrong(error: impl std::fmt::Display) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, CREATE, error.to_string())
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

fn invitation(live: Option<&UserPoolType>, inputs: &Inputs) -> AdminCreateUserConfigType {
    let present = live.and_then(UserPoolType::admin_create_user_config).cloned();
    let mut config = present.unwrap_or_else(|| AdminCreateUserConfigType::builder().build());
    let mail = config.invite_message_template.take();
    let mut mail = mail.unwrap_or_else(|| MessageTemplateType::builder().build());
    mail.email_subject = Some(inputs.invitation_subject.clone());
    mail.email_message = Some(inputs.invitation_message.clone());
    config.invite_message_template = Some(mail);
    config.allow_admin_create_user_only = inputs.admin_create_only;
    // Cognito reports both settings, but rejects this one together with the validity in the password policy.
    let policies = live.and_then(UserPoolType::policies).and_then(UserPoolPolicyType::password_policy);
    if policies.is_some_and(|password| password.temporary_password_validity_days != 0) {
        config.unused_account_validity_days = 0;
    }
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
        password_requirements: password.map(requirements).unwrap_or_default(),
        auto_verified_attributes: pool.auto_verified_attributes().iter().map(|name| name.as_str().to_owned()).collect(),
        recovery: recovery_of(pool),
        deletion_protection: pool.deletion_protection() == Some(&DeletionProtectionType::Active),
        software_token_mfa: mfa,
        invitation_subject: text(invitation.and_then(|mail| mail.email_subject())),
        invitation_message: text(invitation.and_then(|mail| mail.email_message())),
        verification_option: text(
            verification.and_then(|mail| mail.default_email_option()).map(DefaultEmailOptionType::as_str),
        ),
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
        let answer = none_if_missing(result.map_err(api_error("cognito-idp:DescribeUserPool")))?;
        Ok(answer.and_then(|answer| answer.user_pool))
    }

    /// Returns the MFA mode of the pool if authenticator apps are enabled, otherwise `OFF`.
    async fn mfa(&self, region: &Region, id: &str) -> Result<String, ProviderError> {
        let result = self.0.at(region).get_user_pool_mfa_config().user_pool_id(id).send().await;
        let answer = none_if_missing(result.map_err(api_error("cognito-idp:GetUserPoolMfaConfig")))?;
        let on = answer.as_ref().and_then(|a| a.software_token_mfa_configuration()).is_some_and(|token| token.enabled);
        let mode = answer.and_then(|answer| answer.mfa_configuration).filter(|_| on);
        Ok(mode.map_or_else(|| "OFF".to_owned(), |mode| mode.as_str().to_owned()))
    }

    /// Sets the MFA mode for authenticator apps. Other factors are kept.
    async fn set_mfa(&self, region: &Region, id: &str, mode: &str, is_new: bool) -> Result<(), ProviderError> {
        let client = self.0.at(region);
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

    /// Sends the whole pool, without the legacy members for verification messages, which Cognito copies from the template.
    async fn put(
        &self,
        region: &Region,
        pool: &UserPoolType,
        inputs: &Inputs,
        mfa: Option<UserPoolMfaType>,
        tags: Tags,
    ) -> Result<(), ProviderError> {
        let live = pool.clone();
        let call = self.0.at(region).update_user_pool().set_user_pool_id(live.id).pool_name(&inputs.pool_name);
        let call = call.set_email_configuration(live.email_configuration).set_sms_configuration(live.sms_configuration);
        let call = call.set_sms_authentication_message(live.sms_authentication_message);
        let call = call.set_lambda_config(live.lambda_config).set_device_configuration(live.device_configuration);
        let call = call.set_user_attribute_update_settings(live.user_attribute_update_settings);
        let call = call.set_user_pool_add_ons(live.user_pool_add_ons).set_user_pool_tier(live.user_pool_tier);
        let call = call.set_key_configuration(live.key_configuration);
        let call = call.set_issuer_configuration(live.issuer_configuration);
        let call = call.set_acr_configuration(live.acr_configuration);
        let call = call.policies(policies(pool.policies(), inputs)).deletion_protection(protection(inputs));
        let call = call.set_auto_verified_attributes(Some(verified(inputs)));
        let call = call.verification_message_template(verification(pool.verification_message_template(), inputs));
        let call = call.set_mfa_configuration(mfa.or(live.mfa_configuration));
        let call = call.admin_create_user_config(invitation(Some(pool), inputs));
        let call = call.account_recovery_setting(recovery(pool.account_recovery_setting(), inputs)?);
        let call = call.set_user_pool_tags(Some(tags.into_iter().collect()));
        call.send().await.map(|_| ()).map_err(api_error(UPDATE))
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

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|id| self.read_one(region, id))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let email = SchemaAttributeType::builder().name("email").attribute_data_type(AttributeDataType::String);
        let email = email.required(true).mutable(true).build();
        let names = inputs.email_sign_in.then(|| vec![UsernameAttributeType::Email]);
        let call = self.0.at(&subject.region).create_user_pool().pool_name(&inputs.pool_name);
        let call = call.policies(policies(None, inputs)).deletion_protection(protection(inputs)).schema(email);
        let call = call.set_auto_verified_attributes(Some(verified(inputs))).set_username_attributes(names);
        let call = call.verification_message_template(verification(None, inputs));
        let call = call.admin_create_user_config(invitation(None, inputs));
        let call = call.account_recovery_setting(recovery(None, inputs)?);
        let call = call.set_user_pool_tags(Some(tags.clone().into_iter().collect())).customize();
        let call = call.config_override(Builder::new().retry_classifier(OnlyIfRefused));
        let pool = call.send().await.map_err(api_error(CREATE))?.user_pool;
        let pool = pool.ok_or_else(|| ProviderError::incomplete(CREATE, "UserPool"))?;
        let (id, arn) = (pool.id.unwrap_or_default(), pool.arn.unwrap_or_default());
        self.set_mfa(&subject.region, &id, &inputs.software_token_mfa, true).await?;
        Ok(Created::new(&id, [("id", &id), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let Some(pool) = self.get(&subject.region, id).await? else {
            return Err(ProviderError::new(ErrorKind::NotFound, UPDATE, "the user pool no longer exists"));
        };
        let mut tags = tags_of(&pool);
        tags.retain(|key, _| !update.tags_to_remove.contains(key));
        tags.extend(update.tags_to_set.clone());
        let mfa = update.desired.software_token_mfa.as_str();
        let is_new_mfa = update.changes("software_token_mfa");
        if is_new_mfa {
            self.set_mfa(&subject.region, id, mfa, false).await?;
        }
        let mfa = is_new_mfa.then(|| UserPoolMfaType::from(mfa));
        self.put(&subject.region, &pool, &update.desired, mfa, tags).await?;
        if !update.tags_to_remove.is_empty() {
            let call = self.0.at(&subject.region).untag_resource().resource_arn(pool.arn.unwrap_or_default());
            let call = call.set_tag_keys(Some(update.tags_to_remove.clone()));
            call.send().await.map_err(api_error("cognito-idp:UntagResource"))?;
        }
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let Some(pool) = self.get(region, id).await? else { return Ok(()) };
        // A pool holds data and is deleted only by a purge, so disabling its deletion protection here is safe.
        if pool.deletion_protection() == Some(&DeletionProtectionType::Active) {
            let inputs = UserPoolInputs { deletion_protection: false, ..inputs_of(&pool, String::new()) };
            self.put(region, &pool, &inputs, None, tags_of(&pool)).await?;
        }
        let result = self.0.at(region).delete_user_pool().user_pool_id(id).send().await;
        none_if_missing(result.map_err(api_error("cognito-idp:DeleteUserPool"))).map(|_| ())
    }
}
