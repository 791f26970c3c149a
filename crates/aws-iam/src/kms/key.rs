//! Implementation of `kms.key`.

use aws_sdk_kms::config::Builder;
use aws_sdk_kms::types::{KeyMetadata, KeyState};
use futures::future::{try_join_all, try_join4};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use ohinfra_aws_core::{OnlyIfRefused, api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Standing, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::kms::{Key, KeyInputs};
use serde_json::json;

use super::{Clients, tags_of, to_tags};

/// `kms.key`
pub struct KeyKind(pub(crate) Clients);

type Inputs = Resolved<Key>;

/// The only policy name that KMS supports.
const POLICY: &str = "default";
/// Waiting period before a key is deleted, in days: the KMS minimum. Until then the deletion can be canceled.
const DELETION_DAYS: i32 = 7;
/// Maximum number of concurrent `ListResourceTags` calls during a search: KMS allows 10 per second.
const SEARCHES: usize = 4;

impl KeyKind {
    async fn describe(&self, region: &Region, id: &str) -> Result<Option<KeyMetadata>, ProviderError> {
        let result = self.0.at(region).describe_key().key_id(id).send().await.map_err(api_error("kms:DescribeKey"));
        Ok(none_if_missing(result)?.and_then(|answer| answer.key_metadata))
    }

    async fn policy(&self, region: &Region, id: &str) -> Result<Option<String>, ProviderError> {
        let result = self.0.at(region).get_key_policy().key_id(id).policy_name(POLICY).send().await;
        Ok(none_if_missing(result.map_err(api_error("kms:GetKeyPolicy")))?.and_then(|answer| answer.policy))
    }

    async fn rotation(&self, region: &Region, id: &str) -> Result<bool, ProviderError> {
        let result = self.0.at(region).get_key_rotation_status().key_id(id).send().await;
        match result.map_err(api_error("kms:GetKeyRotationStatus")) {
            // A key pending deletion has no rotation status.
            Err(error) if is_invalid_state(&error) => Ok(false),
            result => Ok(none_if_missing(result)?.is_some_and(|answer| answer.key_rotation_enabled)),
        }
    }

    async fn read_one(&self, region: &Region, id: &str) -> Result<Option<Live>, ProviderError> {
        let tags = async { none_if_missing(tags_of(&self.0, region, id).await) };
        let answers = try_join4(self.describe(region, id), self.policy(region, id), self.rotation(region, id), tags);
        let (key, policy, rotation_enabled, tags) = Box::pin(answers).await?;
        Ok(key.map(|key| {
            let inputs = KeyInputs {
                enabled: !is_scheduled(&key) && key.key_state != Some(KeyState::Disabled),
                description: key.description.unwrap_or_default(),
                policy: policy.unwrap_or_default(),
                rotation_enabled,
            };
            let arn = key.arn.unwrap_or_default();
            Live::new(&inputs, attributes([("id", id), ("arn", &arn)])).tagged(tags.unwrap_or_default())
        }))
    }

    async fn set_rotation(&self, region: &Region, id: &str, enabled: bool) -> Result<(), ProviderError> {
        let client = self.0.at(region);
        if enabled {
            client.enable_key_rotation().key_id(id).send().await.map(|_| ()).map_err(api_error("kms:EnableKeyRotation"))
        } else {
            client
                .disable_key_rotation()
                .key_id(id)
                .send()
                .await
                .map(|_| ())
                .map_err(api_error("kms:DisableKeyRotation"))
        }
    }

    async fn put_policy(&self, region: &Region, id: &str, policy: &str) -> Result<(), ProviderError> {
        let call = self.0.at(region).put_key_policy().key_id(id).policy_name(POLICY).policy(policy);
        call.send().await.map(|_| ()).map_err(api_error("kms:PutKeyPolicy"))
    }
}

fn is_scheduled(key: &KeyMetadata) -> bool {
    matches!(key.key_state, Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

/// Returns a key policy that delegates all access to IAM. The policy of a key may deny everyone except the account's root user
/// the deletion of the key or its cancellation; administrators may, however, change the policy.
async fn open_policy(clients: &Clients) -> Result<String, ProviderError> {
    let caller = clients.connection().caller().details().await?;
    let root = format!("arn:{}:iam::{}:root", caller.partition(), caller.account);
    let statement = json!({ "Effect": "Allow", "Principal": { "AWS": root }, "Action": "kms:*", "Resource": "*" });
    Ok(json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string())
}

fn is_invalid_state(error: &ProviderError) -> bool {
    error.code.as_deref() == Some("KMSInvalidStateException")
}

impl Kind for KeyKind {
    type Definition = Key;

    /// Finds a key by the tags of all keys: KMS keys have no names and cannot be searched by tag. This happens only if the key is
    /// not in the state.
    async fn find(&self, subject: &Subject, _known: &Known<Key>) -> Result<Option<Found>, ProviderError> {
        let region = &subject.region;
        let keys = self.0.at(region).list_keys().into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let ids = keys
            .map_err(api_error("kms:ListKeys"))?
            .into_iter()
            .filter_map(|key| key.key_id)
            .filter(|id| subject.seeks(id));
        let searches = stream::iter(ids).map(|id| async move {
            match tags_of(&self.0, region, &id).await {
                Ok(tags) if subject.ownership.matches(&tags) => {
                    let key = self.describe(region, &id).await?;
                    Ok(key.map(|key| Found {
                        id,
                        evidence: Evidence::Tags(tags),
                        standing: if is_scheduled(&key) { Standing::Leaving } else { Standing::Present },
                    }))
                }
                Ok(_) => Ok(None),
                // AWS managed keys, and keys whose policy denies access, do not belong to this deployment.
                Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::NotFound | ErrorKind::Invalid) => {
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        });
        let found: Vec<Found> =
            searches.buffered(SEARCHES).try_filter_map(|found| async { Ok(found) }).try_collect().await?;
        // A key scheduled for deletion is used only if there is no other key.
        Ok(found.into_iter().min_by_key(|found| found.standing != Standing::Present))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|id| self.read_one(region, id))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "kms:CreateKey";
        let call = self.0.at(&subject.region).create_key().description(&inputs.description).policy(&inputs.policy);
        let call = call.set_tags(Some(to_tags(tags, operation)?)).customize();
        let call = call.config_override(Builder::new().retry_classifier(OnlyIfRefused));
        let answer = call.send().await.map_err(api_error(operation))?;
        let key = answer.key_metadata.ok_or_else(|| ProviderError::incomplete(operation, "KeyMetadata"))?;
        if inputs.rotation_enabled {
            // A key that was just created may not be visible to the next call.
            let referring = |error: ProviderError| match error.kind {
                ErrorKind::NotFound => ProviderError { kind: ErrorKind::NotYetVisible, ..error },
                _ => error,
            };
            self.set_rotation(&subject.region, &key.key_id, true).await.map_err(referring)?;
        }
        let arn = key.arn.unwrap_or_default();
        Ok(Created::new(&key.key_id, [("id", &key.key_id), ("arn", &arn)]))
    }

    async fn ready(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        let key = self.describe(region, id).await?;
        Ok(match key.and_then(|key| key.key_state) {
            Some(KeyState::Enabled) => Readiness::Ready,
            Some(state) => Readiness::Waiting(state.as_str().to_owned()),
            None => Readiness::Waiting("not visible yet".to_owned()),
        })
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.at(&subject.region);
        if update.changes("enabled") {
            self.put_policy(&subject.region, id, &open_policy(&self.0).await?).await?;
            // The key may only be disabled, or an earlier attempt may have canceled the deletion.
            if self.describe(&subject.region, id).await?.is_some_and(|key| is_scheduled(&key)) {
                client.cancel_key_deletion().key_id(id).send().await.map_err(api_error("kms:CancelKeyDeletion"))?;
            }
            // A restored key is disabled and has the open policy.
            client.enable_key().key_id(id).send().await.map_err(api_error("kms:EnableKey"))?;
        }
        if update.changes("policy") || update.changes("enabled") {
            self.put_policy(&subject.region, id, &update.desired.policy).await?;
        }
        if update.changes("description") {
            let call = client.update_key_description().key_id(id).description(&update.desired.description);
            call.send().await.map_err(api_error("kms:UpdateKeyDescription"))?;
        }
        if update.changes("rotation_enabled") {
            self.set_rotation(&subject.region, id, update.desired.rotation_enabled).await?;
        }
        if !update.tags_to_set.is_empty() {
            let tags = to_tags(&update.tags_to_set, "kms:TagResource")?;
            client.tag_resource().key_id(id).set_tags(Some(tags)).send().await.map_err(api_error("kms:TagResource"))?;
        }
        if !update.tags_to_remove.is_empty() {
            let call = client.untag_resource().key_id(id).set_tag_keys(Some(update.tags_to_remove.clone()));
            call.send().await.map_err(api_error("kms:UntagResource"))?;
        }
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let Some(key) = self.describe(region, id).await? else { return Ok(()) };
        if is_scheduled(&key) {
            return Ok(());
        }
        self.put_policy(region, id, &open_policy(&self.0).await?).await?;
        let call = self.0.at(region).schedule_key_deletion().key_id(key.key_id).pending_window_in_days(DELETION_DAYS);
        match call.send().await.map_err(api_error("kms:ScheduleKeyDeletion")) {
            Err(error) if is_invalid_state(&error) => Ok(()),
            result => none_if_missing(result).map(|_| ()),
        }
    }
}
