//! Implementation of `kms.key`.

use aws_sdk_kms::config::Builder;
use aws_sdk_kms::types::{KeyMetadata, KeyState};
use futures::future::try_join4;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use ohinfra_aws_core::{OnlyIfRefused, api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Standing, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::kms::{Key, KeyLive};
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
        let result =
            self.0.in_region(region).describe_key().key_id(id).send().await.map_err(api_error("kms:DescribeKey"));
        Ok(none_if_missing(result)?.and_then(|answer| answer.key_metadata))
    }

    async fn policy(&self, region: &Region, id: &str) -> Result<Option<String>, ProviderError> {
        let result = self.0.in_region(region).get_key_policy().key_id(id).policy_name(POLICY).send().await;
        Ok(none_if_missing(result.map_err(api_error("kms:GetKeyPolicy")))?.and_then(|answer| answer.policy))
    }

    async fn rotation(&self, region: &Region, id: &str) -> Result<Option<bool>, ProviderError> {
        let result = self.0.in_region(region).get_key_rotation_status().key_id(id).send().await;
        match result.map_err(api_error("kms:GetKeyRotationStatus")) {
            // A key pending deletion has no rotation status, and its key material is not rotated.
            Err(error) if is_invalid_state(&error) => Ok(Some(false)),
            result => Ok(none_if_missing(result)?.map(|answer| answer.key_rotation_enabled)),
        }
    }

    async fn set_rotation(&self, region: &Region, id: &str, enabled: bool) -> Result<(), ProviderError> {
        let client = self.0.in_region(region);
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
        let call = self.0.in_region(region).put_key_policy().key_id(id).policy_name(POLICY).policy(policy);
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
        let keys =
            self.0.in_region(region).list_keys().into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let ids = keys
            .map_err(api_error("kms:ListKeys"))?
            .into_iter()
            .filter_map(|key| key.key_id)
            .filter(|id| subject.seeks(id));
        let searches = stream::iter(ids).map(|id| async move {
            match tags_of(&self.0, region, &id, KnownTags::NONE).await {
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

    async fn read_one(&self, region: &Region, id: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let tags = async { none_if_missing(tags_of(&self.0, region, id, tags).await) };
        let answers = try_join4(self.describe(region, id), self.policy(region, id), self.rotation(region, id), tags);
        let (key, policy, rotation_enabled, tags) = Box::pin(answers).await?;
        Ok(key.map(|key| {
            let is_disabled = key.key_state.as_ref().map(|state| is_scheduled(&key) || *state == KeyState::Disabled);
            let inputs = KeyLive {
                enabled: is_disabled.map(|is_disabled| !is_disabled),
                description: Some(key.description.unwrap_or_default()),
                policy,
                rotation_enabled,
            };
            let attributes = returned([("id", Some(id)), ("arn", key.arn.as_deref())]);
            Live::new(&inputs, attributes).tagged(tags.unwrap_or_default())
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "kms:CreateKey";
        let call =
            self.0.in_region(&subject.region).create_key().description(&inputs.description).policy(&inputs.policy);
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
        let attributes = returned([("id", Some(&key.key_id)), ("arn", key.arn.as_deref())]);
        Ok(Created { id: key.key_id, attributes })
    }

    async fn ready(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        let key = self.describe(region, id).await?;
        Ok(match key.and_then(|key| key.key_state) {
            Some(KeyState::Enabled) => Readiness::Ready,
            Some(state) => Readiness::Waiting(state.as_str().to_owned()),
            None => Readiness::not_visible(),
        })
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.in_region(&subject.region);
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
        Ok(())
    }

    async fn set_tags(&self, region: &Region, id: &str, tags: &Tags) -> Result<(), ProviderError> {
        let operation = "kms:TagResource";
        let call = self.0.in_region(region).tag_resource().key_id(id).set_tags(Some(to_tags(tags, operation)?));
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn remove_tags(&self, region: &Region, id: &str, keys: &[String]) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).untag_resource().key_id(id).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("kms:UntagResource"))
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let Some(key) = self.describe(region, id).await? else { return Ok(()) };
        if is_scheduled(&key) {
            return Ok(());
        }
        self.put_policy(region, id, &open_policy(&self.0).await?).await?;
        let call =
            self.0.in_region(region).schedule_key_deletion().key_id(key.key_id).pending_window_in_days(DELETION_DAYS);
        match call.send().await.map_err(api_error("kms:ScheduleKeyDeletion")) {
            Err(error) if is_invalid_state(&error) => Ok(()),
            result => none_if_missing(result).map(|_| ()),
        }
    }
}
