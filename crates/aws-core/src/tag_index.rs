//! Index of resource tags (the Resource Groups Tagging API), for services that do not return tags with the resource description:
//! one call per region instead of one per resource.
//!
//! The index is eventually consistent. Its tags of a resource are used only if they equal the tags that the state has recorded
//! for the same address; otherwise the service itself is queried. If the index cannot be read (the call needs the permission
//! `tag:GetResources`), every service is queried.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_resourcegroupstagging::Client;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures::future::BoxFuture;
use ohinfra_core::Region;
use ohinfra_core::tag_index::RecordedTags;
use ohinfra_core::tags::{ADDRESS, DEPLOYMENT, Tags};
use tokio::sync::OnceCell;

/// Services with separate tag calls, by their name in the index.
const SERVICES: &[&str] = &[
    "acm",
    "backup",
    "cloudfront",
    "cloudwatch",
    "ecr",
    "elasticloadbalancing",
    "kms",
    "logs",
    "rds",
    "s3",
    "sns",
    "ssm",
    "wafv2",
];
/// Maximum number of resources per page (AWS limit).
const PAGE: i32 = 100;

/// Index of a region: ARN to tags.
type Indexed = Arc<OnceCell<BTreeMap<String, Tags>>>;

/// The tags of a deployment. Each region is read once, on first use.
pub struct TagIndex {
    config: SdkConfig,
    recorded: RecordedTags,
    regions: Mutex<BTreeMap<Region, Indexed>>,
}

impl TagIndex {
    /// Creates an index. Sends no request.
    pub fn new(config: SdkConfig, recorded: RecordedTags) -> Self {
        Self { config, recorded, regions: Mutex::default() }
    }

    async fn find(&self, region: &Region, arn: &str) -> Option<Tags> {
        let indexed = {
            let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(regions.entry(region.clone()).or_default())
        };
        let indexed = indexed.get_or_init(|| self.read(region)).await;
        let tags = indexed.get(arn)?;
        let expected = tags.get(ADDRESS).and_then(|address| self.recorded.tags.get(address));
        (expected == Some(tags)).then(|| tags.clone())
    }

    /// Reads the index of a region; empty if the index cannot be read.
    async fn read(&self, region: &Region) -> BTreeMap<String, Tags> {
        let config = self.config.clone().into_builder().region(aws_config::Region::new(region.to_string())).build();
        let call = Client::new(&config).get_resources();
        let call = call.tag_filters(TagFilter::builder().key(DEPLOYMENT).values(&self.recorded.deployment).build());
        let call = call
            .set_resource_type_filters(Some(SERVICES.iter().map(|name| (*name).to_owned()).collect()))
            .resources_per_page(PAGE);
        let all = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let all = all.unwrap_or_default().into_iter();
        all.filter_map(|resource| {
            let tags = resource.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
            Some((resource.resource_arn?, tags))
        })
        .collect()
    }
}

impl ohinfra_core::tag_index::TagIndex for TagIndex {
    fn tags<'a>(&'a self, region: &'a Region, arn: &'a str) -> BoxFuture<'a, Option<Tags>> {
        Box::pin(self.find(region, arn))
    }
}
