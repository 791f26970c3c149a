//! Log groups of a Lambda@Edge function, in every region.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `logs.function_log_groups`
pub struct FunctionLogGroups;

/// Regions of CloudFront's regional edge caches, except us-east-1. A Lambda@Edge function runs and logs in the region nearest to
/// the viewer. None of these regions requires an opt-in.
///
/// List of regional edge caches: <https://aws.amazon.com/cloudfront/features/>. Names of the log groups:
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html>.
pub const REPLICA_REGIONS: [&str; 12] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "sa-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Inputs of the log groups of a Lambda@Edge function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct FunctionLogGroupsInputs {
    /// Name of the function. Replaces.
    #[input(replace)]
    pub function_name: String,
    /// Retention in days of the group for invocations outside CloudFront: `/aws/lambda/<function>` in us-east-1.
    pub retention_days: i32,
    /// Retention in days of the replicas' groups, by region: `/aws/lambda/us-east-1.<function>`.
    pub replica_retention_days: BTreeMap<String, i32>,
}

impl Definition for FunctionLogGroups {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = FunctionLogGroupsInputs;

    fn schema() -> Schema {
        Schema::of::<FunctionLogGroupsInputs>(
            "logs.function_log_groups",
            "The log groups of a Lambda@Edge function, in every region",
        )
        .attribute("id", Availability::Early)
        .untagged()
        .named_by(&["function_name"])
        .expected_create(Duration::from_secs(4))
        .expected_update(Duration::from_secs(4))
    }
}
