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
use ohinfra_core::contract::RecordedTags;
use ohinfra_core::tags::{ADDRESS, DEPLOYMENT, Tags};
use ohinfra_core::{Region, contract};
use tokio::sync::OnceCell;

/// Services with separate tag calls, by their name in the index.
const SERVICES: [&str; 13] = [
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

/// Recorded tags to compare with, and the regions read so far.
struct Recorded {
    tags: RecordedTags,
    regions: Mutex<BTreeMap<Region, Indexed>>,
}

/// Tag index. It is queried only while recorded tags are set.
pub struct TagIndex {
    config: SdkConfig,
    recorded: Mutex<Option<Arc<Recorded>>>,
}

impl TagIndex {
    pub(crate) fn new(config: SdkConfig) -> Self {
        Self { config, recorded: Mutex::default() }
    }

    fn use_recorded_tags(&self, recorded: Option<RecordedTags>) {
        let recorded = recorded.map(|tags| Arc::new(Recorded { tags, regions: Mutex::default() }));
        *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = recorded;
    }

    /// Returns the tags of a resource if the index agrees with the recorded tags; otherwise `None`.
    pub async fn tags(&self, region: &Region, arn: &str) -> Option<Tags> {
        let recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let indexed = {
            let mut regions = recorded.regions.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(regions.entry(region.clone()).or_default())
        };
        let indexed = indexed.get_or_init(|| self.read(region, &recorded.tags.deployment)).await;
        let tags = indexed.get(arn)?;
        let expected = tags.get(ADDRESS).and_then(|address| recorded.tags.tags.get(address));
        (expected == Some(tags)).then(|| tags.clone())
    }

    /// Reads the index of a region; empty if the index cannot be read.
    async fn read(&self, region: &Region, deployment: &str) -> BTreeMap<String, Tags> {
        let config = self.config.clone().into_builder().region(aws_config::Region::new(region.to_string())).build();
        let call = Client::new(&config).get_resources();
        let call = call.tag_filters(TagFilter::builder().key(DEPLOYMENT).values(deployment).build());
        let call = call.set_resource_type_filters(Some(SERVICES.map(str::to_owned).to_vec())).resources_per_page(PAGE);
        let all = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let all = all.unwrap_or_default().into_iter();
        all.filter_map(|resource| {
            let tags = resource.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
            Some((resource.resource_arn?, tags))
        })
        .collect()
    }
}

impl contract::TagIndex for TagIndex {
    fn use_recorded_tags(&self, recorded: Option<RecordedTags>) {
        Self::use_recorded_tags(self, recorded);
    }
}
