//! Implementation of the lookups of hosted zones.

use std::sync::Arc;

use aws_sdk_route53::Client;
use futures::future::BoxFuture;
use ohinfra_aws_core::{Regional, api_error, none_if_missing};
use ohinfra_core::lookup::{AnswersLookUp, Lookup};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::route53::{HostedZone, HostedZoneDetails, HostedZones, ZoneChoice};
use serde_json::Value;

/// Implementation of [`HostedZone`].
pub struct HostedZoneLookUp(pub(crate) Arc<Regional<Client>>);

impl AnswersLookUp for HostedZoneLookUp {
    fn name(&self) -> &'static str {
        HostedZone::NAME
    }

    fn answer<'a>(&'a self, region: &'a Region, question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let id = question.as_str().unwrap_or_default();
            let result = self
                .0
                .in_region(region)
                .get_hosted_zone()
                .id(id)
                .send()
                .await
                .map_err(api_error("route53:GetHostedZone"));
            let zone = none_if_missing(result)?.and_then(|answer| answer.hosted_zone);
            let details = zone.map(|zone| HostedZoneDetails {
                name: zone.name.trim_end_matches('.').to_owned(),
                private: zone.config.is_some_and(|config| config.private_zone),
            });
            Ok(serde_json::to_value(details).unwrap_or_default())
        })
    }
}

/// Implementation of [`HostedZones`].
pub struct HostedZonesLookUp(pub(crate) Arc<Regional<Client>>);

impl AnswersLookUp for HostedZonesLookUp {
    fn name(&self) -> &'static str {
        HostedZones::NAME
    }

    fn answer<'a>(&'a self, region: &'a Region, _question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let call = self.0.in_region(region).list_hosted_zones().into_paginator().items().send();
            let zones = call.collect::<Result<Vec<_>, _>>().await.map_err(api_error("route53:ListHostedZones"))?;
            let public = zones.into_iter().filter(|zone| !zone.config().is_some_and(|config| config.private_zone));
            let choice = |zone: aws_sdk_route53::types::HostedZone| ZoneChoice {
                id: zone.id.trim_start_matches("/hostedzone/").to_owned(),
                name: zone.name.trim_end_matches('.').to_owned(),
            };
            Ok(serde_json::to_value(public.map(choice).collect::<Vec<_>>()).unwrap_or_default())
        })
    }
}
