//! Implementation of `kms.alias`.

use aws_sdk_kms::types::KeyMetadata;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::{DEPLOYMENT, Tags};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::kms::{Alias, AliasLive};

use super::{Clients, tags_of};

/// `kms.alias`
pub struct AliasKind(pub(crate) Clients);

type Inputs = Resolved<Alias>;

impl AliasKind {
    /// Returns the key of an alias with one call; listing aliases takes one call per page.
    async fn target(&self, region: &Region, alias: &str) -> Result<Option<KeyMetadata>, ProviderError> {
        let result =
            self.0.in_region(region).describe_key().key_id(alias).send().await.map_err(api_error("kms:DescribeKey"));
        Ok(none_if_missing(result)?.and_then(|answer| answer.key_metadata))
    }
}

impl Kind for AliasKind {
    type Definition = Alias;

    async fn find(&self, subject: &Subject, known: &Known<Alias>) -> Result<Option<Found>, ProviderError> {
        let Some(key) = self.target(&subject.region, &known.alias_name).await? else { return Ok(None) };
        // Aliases have no tags: the deployment owns an alias if it owns the key.
        let tags = tags_of(&self.0, &subject.region, &key.key_id, KnownTags::NONE).await?;
        let ours = tags.get(DEPLOYMENT) == Some(&subject.ownership.deployment);
        let evidence = if ours { Evidence::Ours } else { Evidence::NotOurs };
        Ok(Some(Found::new(known.alias_name.clone(), evidence)))
    }

    async fn read_one(
        &self,
        region: &Region,
        alias: &str,
        _tags: KnownTags<'_>,
    ) -> Result<Option<Live>, ProviderError> {
        Ok(self.target(region, alias).await?.map(|key| {
            let inputs = AliasLive { alias_name: Some(alias.to_owned()), target_key_id: Some(key.key_id) };
            Live::new(&inputs, attributes([("id", alias)]))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let call = self.0.in_region(&subject.region).create_alias().alias_name(&inputs.alias_name);
        call.target_key_id(&inputs.target_key_id).send().await.map_err(api_error_eventual("kms:CreateAlias"))?;
        Ok(Created::new(&inputs.alias_name, [("id", &inputs.alias_name)]))
    }

    async fn update(&self, subject: &Subject, alias: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let call = self.0.in_region(&subject.region).update_alias().alias_name(alias);
        let call = call.target_key_id(&update.desired.target_key_id);
        call.send().await.map(|_| ()).map_err(api_error_eventual("kms:UpdateAlias"))
    }

    async fn delete(&self, region: &Region, alias: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_alias().alias_name(alias).send().await;
        none_if_missing(result.map_err(api_error("kms:DeleteAlias"))).map(|_| ())
    }
}
