//! Implementation of `rds.instance`.

use aws_sdk_rds::types::{DbInstance, SourceType};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::rds::{Instance, InstanceLive};

use super::{Clients, arn, from_tags, remove_tags, set_tags, status, to_tags};

/// `rds.instance`
pub struct InstanceKind(pub(crate) Clients);

type Inputs = Resolved<Instance>;

const DESCRIBE: &str = "rds:DescribeDBInstances";

impl InstanceKind {
    async fn describe_any(&self, region: &Region, name: &str) -> Result<Option<DbInstance>, ProviderError> {
        let result = self.0.in_region(region).describe_db_instances().db_instance_identifier(name).send().await;
        let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
        Ok(answer.and_then(|answer| answer.db_instances.unwrap_or_default().into_iter().next()))
    }

    /// Returns the instance, unless it is being deleted.
    async fn describe(&self, region: &Region, name: &str) -> Result<Option<DbInstance>, ProviderError> {
        let instance = self.describe_any(region, name).await?;
        Ok(instance.filter(|instance| instance.db_instance_status() != Some("deleting")))
    }
}

fn live(instance: &DbInstance) -> Live {
    let inputs = InstanceLive {
        instance_name: instance.db_instance_identifier.clone(),
        cluster_name: instance.db_cluster_identifier.clone(),
        engine: instance.engine.clone(),
        instance_class: instance.db_instance_class.clone(),
        promotion_tier: instance.promotion_tier(),
        publicly_accessible: instance.publicly_accessible(),
        auto_minor_version_upgrade: instance.auto_minor_version_upgrade(),
    };
    let attributes = returned([
        ("id", instance.db_instance_identifier()),
        ("arn", instance.db_instance_arn()),
        ("endpoint", instance.endpoint().and_then(|endpoint| endpoint.address())),
    ]);
    Live::new(&inputs, attributes).tagged(from_tags(instance.tag_list()))
}

impl Kind for InstanceKind {
    type Definition = Instance;

    async fn find(&self, subject: &Subject, known: &Known<Instance>) -> Result<Option<Found>, ProviderError> {
        let instance = self.describe(&subject.region, &known.instance_name).await?;
        Ok(instance.map(|instance| Found::new(&known.instance_name, Evidence::Tags(from_tags(instance.tag_list())))))
    }

    async fn read_one(&self, region: &Region, name: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        Ok(self.describe(region, name).await?.as_ref().map(live))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "rds:CreateDBInstance";
        let name = &inputs.instance_name;
        if self.describe_any(&subject.region, name).await?.is_some_and(|i| i.db_instance_status() == Some("deleting")) {
            let message = "an instance with this name is being deleted";
            return Err(ProviderError::new(ErrorKind::Dependency, operation, message));
        }
        let call = self.0.in_region(&subject.region).create_db_instance().db_instance_identifier(name);
        let call = call.db_cluster_identifier(&inputs.cluster_name).engine(&inputs.engine);
        let call = call.db_instance_class(&inputs.instance_class).promotion_tier(inputs.promotion_tier);
        let call = call.publicly_accessible(inputs.publicly_accessible).set_tags(Some(to_tags(tags)));
        let call = call.auto_minor_version_upgrade(inputs.auto_minor_version_upgrade);
        let answer = call.send().await.map_err(api_error_eventual(operation))?;
        let arn = answer.db_instance.and_then(|instance| instance.db_instance_arn);
        let arn = arn.ok_or_else(|| ProviderError::incomplete(operation, "DBInstanceArn"))?;
        Ok(Created::new(name, [("id", name), ("arn", &arn)]))
    }

    async fn ready(&self, region: &Region, name: &str) -> Result<Readiness, ProviderError> {
        let Some(instance) = self.describe(region, name).await? else {
            return Ok(Readiness::not_visible());
        };
        // An accepted change is pending at first; the status stays `available` until AWS starts to apply the change.
        let pending = instance.pending_modified_values().and_then(|pending| pending.db_instance_class());
        let reason = status::last_event(&self.0, region, SourceType::DbInstance, name);
        let readiness = status::readiness(DESCRIBE, instance.db_instance_status(), reason).await?;
        let pending = pending.filter(|_| readiness == Readiness::Ready);
        Ok(pending.map_or(readiness, |class| Readiness::Waiting(format!("pending: instance class {class}"))))
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let desired = &update.desired;
        if !update.changed.is_empty() {
            let call = self.0.in_region(&subject.region).modify_db_instance();
            let call = call.db_instance_identifier(name).apply_immediately(true);
            let call = call
                .set_db_instance_class(update.changes("instance_class").then(|| desired.instance_class.clone()))
                .set_promotion_tier(update.changes("promotion_tier").then_some(desired.promotion_tier))
                .set_publicly_accessible(update.changes("publicly_accessible").then_some(desired.publicly_accessible))
                .set_auto_minor_version_upgrade(
                    update.changes("auto_minor_version_upgrade").then_some(desired.auto_minor_version_upgrade),
                );
            call.send().await.map_err(api_error("rds:ModifyDBInstance"))?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), &arn(&self.0, region, &format!("db:{name}")).await?, tags).await
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), &arn(&self.0, region, &format!("db:{name}")).await?, keys).await
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        if self.describe(region, name).await?.is_none() {
            return Ok(());
        }
        // The data and the final snapshot belong to the cluster.
        let call = self.0.in_region(region).delete_db_instance().db_instance_identifier(name).skip_final_snapshot(true);
        none_if_missing(call.send().await.map_err(api_error("rds:DeleteDBInstance"))).map(|_| ())
    }

    async fn gone(&self, region: &Region, name: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.describe_any(region, name).await?.and_then(|instance| instance.db_instance_status) {
            Some(status) => Readiness::Waiting(status),
            None => Readiness::Ready,
        })
    }
}
