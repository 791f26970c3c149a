//! Implementation of `rds.proxy_target_group`. Every proxy has one, `default`, without targets until a cluster is registered.

use aws_sdk_rds::types::{ConnectionPoolConfiguration, DbProxyTarget, TargetHealthReason, TargetState};
use futures::future::try_join;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::rds::{ProxyTargetGroup, ProxyTargetGroupLive};

use super::Clients;

/// `rds.proxy_target_group`
pub struct ProxyTargetGroupKind(pub(crate) Clients);

type Inputs = Resolved<ProxyTargetGroup>;

const DEFAULT: &str = "default";

impl ProxyTargetGroupKind {
    async fn targets(&self, region: &Region, proxy: &str) -> Result<Vec<DbProxyTarget>, ProviderError> {
        let call = self.0.in_region(region).describe_db_proxy_targets().db_proxy_name(proxy).target_group_name(DEFAULT);
        let targets = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        Ok(none_if_missing(targets.map_err(api_error("rds:DescribeDBProxyTargets")))?.unwrap_or_default())
    }

    async fn set_pool(&self, region: &Region, inputs: &Inputs) -> Result<(), ProviderError> {
        let pool = ConnectionPoolConfiguration::builder()
            .max_connections_percent(inputs.max_connections_percent)
            .max_idle_connections_percent(inputs.max_idle_connections_percent)
            .build();
        let call = self.0.in_region(region).modify_db_proxy_target_group().db_proxy_name(&inputs.proxy_name);
        let call = call.target_group_name(DEFAULT).connection_pool_config(pool);
        call.send().await.map(|_| ()).map_err(api_error_eventual("rds:ModifyDBProxyTargetGroup"))
    }
}

impl Kind for ProxyTargetGroupKind {
    type Definition = ProxyTargetGroup;

    async fn find(&self, subject: &Subject, known: &Known<ProxyTargetGroup>) -> Result<Option<Found>, ProviderError> {
        let Some(proxy) = &known.proxy_name else { return Ok(None) };
        let targets = self.targets(&subject.region, proxy).await?;
        Ok((!targets.is_empty()).then(|| Found::new(proxy, Evidence::Ours)))
    }

    async fn read_one(
        &self,
        region: &Region,
        proxy: &str,
        _tags: KnownTags<'_>,
    ) -> Result<Option<Live>, ProviderError> {
        let group = async {
            let call = self.0.in_region(region).describe_db_proxy_target_groups().db_proxy_name(proxy);
            let result = call.target_group_name(DEFAULT).send().await;
            let answer = none_if_missing(result.map_err(api_error("rds:DescribeDBProxyTargetGroups")))?;
            Ok(answer.and_then(|answer| answer.target_groups.unwrap_or_default().into_iter().next()))
        };
        let (group, targets) = try_join(group, self.targets(region, proxy)).await?;
        let cluster = targets.into_iter().find_map(|target| target.tracked_cluster_id.or(target.rds_resource_id));
        let (Some(group), Some(cluster)) = (group, cluster) else { return Ok(None) };
        let pool = group.connection_pool_config();
        let inputs = ProxyTargetGroupLive {
            proxy_name: Some(proxy.to_owned()),
            cluster_name: Some(cluster),
            max_connections_percent: pool.and_then(|pool| pool.max_connections_percent),
            max_idle_connections_percent: pool.and_then(|pool| pool.max_idle_connections_percent),
        };
        Ok(Some(Live::new(&inputs, returned([("id", Some(proxy)), ("arn", group.target_group_arn())]))))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        self.set_pool(&subject.region, inputs).await?;
        let call = self.0.in_region(&subject.region).register_db_proxy_targets().db_proxy_name(&inputs.proxy_name);
        let call = call.target_group_name(DEFAULT).db_cluster_identifiers(&inputs.cluster_name);
        match call.send().await.map_err(api_error_eventual("rds:RegisterDBProxyTargets")) {
            // Registered by an earlier attempt whose response was lost.
            Err(error) if error.code.as_deref() == Some("DBProxyTargetAlreadyRegisteredFault") => {}
            result => result.map(|_| ())?,
        }
        Ok(Created { id: inputs.proxy_name.clone(), ..Created::default() })
    }

    async fn ready(&self, region: &Region, proxy: &str) -> Result<Readiness, ProviderError> {
        let targets = self.targets(region, proxy).await?;
        let health = |target: &DbProxyTarget| target.target_health().cloned();
        // The target of a cluster has no health state; the targets of its instances do.
        let states: Vec<_> = targets.iter().filter_map(health).filter(|health| health.state().is_some()).collect();
        match states.iter().find(|health| health.state() != Some(&TargetState::Available)) {
            None if !states.is_empty() => Ok(Readiness::Ready),
            None => Ok(Readiness::Waiting("waiting for the proxy to register the cluster".to_owned())),
            Some(health) if health.reason() == Some(&TargetHealthReason::PendingProxyCapacity) => {
                Ok(Readiness::Waiting("waiting for proxy capacity".to_owned()))
            }
            Some(health) => {
                let state = health.state().map_or("", TargetState::as_str);
                let reason = health.description().or(health.reason().map(TargetHealthReason::as_str));
                Ok(Readiness::Waiting(format!("{state}: {}", reason.unwrap_or("no reason given"))))
            }
        }
    }

    async fn update(&self, subject: &Subject, _proxy: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        self.set_pool(&subject.region, &update.desired).await
    }

    async fn delete(&self, region: &Region, proxy: &str, _how: Deletion) -> Result<(), ProviderError> {
        let targets = self.targets(region, proxy).await?;
        let clusters: Vec<String> =
            targets.into_iter().filter_map(|t| t.tracked_cluster_id.or(t.rds_resource_id)).collect();
        let Some(cluster) = clusters.first() else { return Ok(()) };
        let call =
            self.0.in_region(region).deregister_db_proxy_targets().db_proxy_name(proxy).target_group_name(DEFAULT);
        match call.db_cluster_identifiers(cluster).send().await.map_err(api_error("rds:DeregisterDBProxyTargets")) {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            result => result.map(|_| ()),
        }
    }
}
