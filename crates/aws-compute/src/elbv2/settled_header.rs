//! Implementation of `elbv2.settled_header`, an action-only resource.

use futures::future::try_join_all;
use ohinfra_aws_core::{Secrets, api_error};
use ohinfra_core::contract::{Created, Deletion, Found, Kind, Known, Live, Resolved, Subject, Update, attributes};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::elbv2::{SettledHeader, SettledHeaderLive};

use super::Clients;
use super::accepted::{accepted, keep_record};
use super::listener_rule::{conditions, describe, path};

/// `elbv2.settled_header`
pub struct SettledHeaderKind(pub(crate) Clients);

type Inputs = Resolved<SettledHeader>;

impl SettledHeaderKind {
    async fn settle(&self, region: &Region, inputs: &Inputs) -> Result<(), ProviderError> {
        let secret = Secrets::new(self.0.connection()).text(&inputs.header_secret_arn).await?;
        let (client, secret) = (&self.0.in_region(region), &secret);
        try_join_all(inputs.rule_arns.iter().map(|arn| async move {
            let Some(rule) = describe(&self.0, region, arn).await? else { return Ok(()) };
            let only = vec![secret.expose().to_owned()];
            if accepted(&rule) != only {
                let conditions = conditions(path(&rule).as_deref(), &inputs.header_name, only.clone());
                let call = client.modify_rule().rule_arn(arn).set_conditions(Some(conditions)).send();
                call.await.map_err(api_error("elasticloadbalancing:ModifyRule"))?;
            }
            keep_record(&self.0, region, arn, &inputs.header_secret_version, &only).await
        }))
        .await
        .map(|_| ())
    }
}

impl Kind for SettledHeaderKind {
    type Definition = SettledHeader;

    async fn find(&self, _subject: &Subject, _known: &Known<SettledHeader>) -> Result<Option<Found>, ProviderError> {
        Ok(None)
    }

    async fn read_one(&self, _region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        Ok(Some(Live::new(&SettledHeaderLive::default(), attributes([("id", id)]))))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        self.settle(&subject.region, inputs).await?;
        let id = subject.address().to_string();
        Ok(Created::new(&id, [("id", &id)]))
    }

    async fn update(&self, subject: &Subject, _id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        self.settle(&subject.region, &update.desired).await
    }

    async fn delete(&self, _region: &Region, _id: &str, _how: Deletion) -> Result<(), ProviderError> {
        Ok(())
    }
}
