//! The tags of many things in one call, from AWS's index of them (the Resource Groups Tagging API), for the services that tell
//! the tags of a thing apart from the thing: one call per region instead of one per thing.
//!
//! The index follows a change after a while. So it is believed only where it says exactly what the state has recorded for the
//! same address; whatever else it says, or does not, the service itself is asked. Where the index cannot be read at all (it
//! takes the permission `tag:GetResources`), every service is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_resourcegroupstagging::Client;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use ohinfra_core::contract::RecordedTags;
use ohinfra_core::tags::{ADDRESS, DEPLOYMENT, Tags};
use ohinfra_core::{Region, contract};
use tokio::sync::OnceCell;

/// The services that tell tags apart, as the index calls them.
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
/// The most that AWS tells in one answer.
const PAGE: i32 = 100;

/// What the index says of a region: ARN to tags.
type Indexed = Arc<OnceCell<BTreeMap<String, Tags>>>;

/// What is believed, and what has been read so far.
struct Belief {
    recorded: RecordedTags,
    regions: Mutex<BTreeMap<Region, Indexed>>,
}

/// The index. It is asked only while there is something to believe it by.
pub struct TagIndex {
    config: SdkConfig,
    belief: Mutex<Option<Arc<Belief>>>,
}

impl TagIndex {
    pub(crate) fn new(config: SdkConfig) -> Self {
        Self { config, belief: Mutex::default() }
    }

    fn believe(&self, recorded: Option<RecordedTags>) {
        let belief = recorded.map(|recorded| Arc::new(Belief { recorded, regions: Mutex::default() }));
        *self.belief.lock().unwrap_or_else(PoisonError::into_inner) = belief;
    }

    /// The tags of a thing, if the index may be believed about them.
    pub async fn tags(&self, region: &Region, arn: &str) -> Option<Tags> {
        let belief = self.belief.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let indexed = {
            let mut regions = belief.regions.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(regions.entry(region.clone()).or_default())
        };
        let indexed = indexed.get_or_init(|| self.ask(region, &belief.recorded.deployment)).await;
        let tags = indexed.get(arn)?;
        let recorded = tags.get(ADDRESS).and_then(|address| belief.recorded.tags.get(address));
        (recorded == Some(tags)).then(|| tags.clone())
    }

    /// What the index says; nothing if it cannot be read.
    async fn ask(&self, region: &Region, deployment: &str) -> BTreeMap<String, Tags> {
        let config = self.config.clone().into_builder().region(aws_config::Region::new(region.to_string())).build();
        let call = Client::new(&config).get_resources();
        let call = call.tag_filters(TagFilter::builder().key(DEPLOYMENT).values(deployment).build());
        let call = call.set_resource_type_filters(Some(SERVICES.map(str::to_owned).to_vec())).resources_per_page(PAGE);
        let all = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let all = all.unwrap_or_default().into_iter();
        all.filter_map(|one| {
            let tags = one.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
            Some((one.resource_arn?, tags))
        })
        .collect()
    }
}

impl contract::TagIndex for TagIndex {
    fn believe(&self, recorded: Option<RecordedTags>) {
        Self::believe(self, recorded);
    }
}
