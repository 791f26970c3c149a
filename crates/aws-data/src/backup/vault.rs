//! Implementation of `backup.vault`.

use std::collections::BTreeMap;

use aws_sdk_backup::Client;
use aws_sdk_backup::types::{BackupVaultListMember, RecoveryPointByBackupVault, RecoveryPointStatus};
use futures::future::try_join_all;
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes, in_order,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::backup::{Vault, VaultLive};

use super::{Clients, arn, remove_tags, set_tags, tags_of, to_tags};
use crate::bounded;

/// `backup.vault`
pub struct VaultKind(pub(crate) Clients);

type Inputs = Resolved<Vault>;

const LIST: &str = "backup:ListBackupVaults";

impl VaultKind {
    /// Lists all vaults. DescribeBackupVault cannot be used: for a missing vault it returns an ambiguous AccessDenied.
    async fn all(&self, region: &Region) -> Result<Vec<BackupVaultListMember>, ProviderError> {
        let vaults = self
            .0
            .in_region(region)
            .list_backup_vaults()
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await;
        vaults.map_err(api_error(LIST))
    }

    /// Deletes the recovery points page by page. Returns the number of listed points; AWS deletes them asynchronously.
    async fn empty(&self, region: &Region, name: &str) -> Result<usize, ProviderError> {
        let client = &self.0.in_region(region);
        let call = client.list_recovery_points_by_backup_vault().backup_vault_name(name);
        let mut pages = call.into_paginator().send();
        let mut listed = 0;
        while let Some(page) = pages.next().await {
            let page = none_if_missing(page.map_err(api_error("backup:ListRecoveryPointsByBackupVault")))?;
            let points = page.and_then(|page| page.recovery_points).unwrap_or_default();
            listed += points.len();
            let is_deleting = |point: &RecoveryPointByBackupVault| point.status == Some(RecoveryPointStatus::Deleting);
            let arns =
                points.into_iter().filter(|point| !is_deleting(point)).filter_map(|point| point.recovery_point_arn);
            bounded::for_each(arns.collect(), |point| delete_point(client, name, point)).await?;
        }
        Ok(listed)
    }
}

async fn delete_point(client: &Client, vault: &str, point: String) -> Result<(), ProviderError> {
    let call = client.delete_recovery_point().backup_vault_name(vault).recovery_point_arn(point);
    match call.send().await.map_err(api_error("backup:DeleteRecoveryPoint")) {
        // Already deleted, or busy: the vault is listed again.
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Dependency) => Ok(()),
        result => result.map(|_| ()),
    }
}

impl Kind for VaultKind {
    type Definition = Vault;

    async fn find(&self, subject: &Subject, known: &Known<Vault>) -> Result<Option<Found>, ProviderError> {
        let vaults = self.all(&subject.region).await?;
        let vault = vaults.into_iter().find(|vault| vault.backup_vault_name.as_ref() == Some(&known.vault_name));
        let Some(vault) = vault else { return Ok(None) };
        let arn = vault.backup_vault_arn.ok_or_else(|| ProviderError::incomplete(LIST, "BackupVaultArn"))?;
        let tags = tags_of(&self.0, &subject.region, &arn, KnownTags::NONE).await?;
        Ok(Some(Found::new(known.vault_name.clone(), Evidence::Tags(tags))))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        let vaults = self.all(region).await?;
        let ours = vaults.iter().filter_map(|vault| {
            let (name, arn) = (vault.backup_vault_name.as_ref()?, vault.backup_vault_arn.as_ref()?);
            ids.contains(name).then_some((name, arn, vault.encryption_key_arn.clone()))
        });
        let read = ours.map(|(name, arn, kms_key_arn)| async move {
            let inputs = VaultLive { vault_name: Some(name.clone()), kms_key_arn };
            let live = Live::new(&inputs, attributes([("id", name), ("name", name), ("arn", arn)]));
            Ok::<_, ProviderError>((name.clone(), live.tagged(tags_of(&self.0, region, arn, tags).await?)))
        });
        Ok(in_order(ids, try_join_all(read).await?.into_iter().collect::<BTreeMap<_, _>>()))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "backup:CreateBackupVault";
        let name = &inputs.vault_name;
        let call = self.0.in_region(&subject.region).create_backup_vault().backup_vault_name(name);
        let call = call.set_encryption_key_arn(inputs.kms_key_arn.clone()).creator_request_id(&subject.token);
        let answer = call.set_backup_vault_tags(Some(to_tags(tags))).send().await.map_err(api_error(operation))?;
        let arn = answer.backup_vault_arn.ok_or_else(|| ProviderError::incomplete(operation, "BackupVaultArn"))?;
        Ok(Created::new(name, [("id", name), ("name", name), ("arn", &arn)]))
    }

    /// Does nothing: every change replaces the vault.
    async fn update(&self, _subject: &Subject, _name: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), &arn(&self.0, region, &format!("backup-vault:{name}")).await?, tags).await
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        let arn = arn(&self.0, region, &format!("backup-vault:{name}")).await?;
        remove_tags(&self.0.in_region(region), &arn, keys).await
    }

    async fn delete(&self, region: &Region, name: &str, how: Deletion) -> Result<(), ProviderError> {
        let operation = "backup:DeleteBackupVault";
        if how == Deletion::Purge {
            let points = self.empty(region, name).await?;
            if points > 0 {
                let message = format!("{points} recovery points are being deleted");
                return Err(ProviderError::new(ErrorKind::Dependency, operation, message));
            }
        }
        let result = self.0.in_region(region).delete_backup_vault().backup_vault_name(name).send().await;
        none_if_missing(result.map_err(api_error(operation))).map(|_| ())
    }
}
