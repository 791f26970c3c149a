//! DNS record in a hosted zone.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `route53.record`
pub struct Record;

/// Inputs of a DNS record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct RecordInputs<T = String> {
    /// ID of the hosted zone. Replaces.
    #[input(replace)]
    pub zone_id: String,
    /// Fully qualified name, without the trailing dot. Replaces.
    #[input(replace)]
    pub record_name: T,
    /// Type: `A`, `AAAA`, `CNAME`, … Replaces.
    #[input(replace)]
    pub record_type: String,
    /// Time to live in seconds. Default: 300 for a new record, the current value for an existing one. Unset for an alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(defaulted)]
    pub ttl_seconds: Option<i32>,
    /// Values. Unset for an alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unordered)]
    pub values: Option<Vec<T>>,
    /// Alias target.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(nested)]
    pub alias: Option<Alias<T>>,
}

/// Target of an alias record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct Alias<T = String> {
    /// DNS name of the target.
    pub dns_name: T,
    /// ID of the target's hosted zone.
    pub zone_id: String,
    /// The record answers only while the target is healthy.
    pub evaluate_target_health: bool,
}

impl Definition for Record {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = RecordInputs<T>;

    fn schema() -> Schema {
        Schema::of::<RecordInputs>("route53.record", "A DNS record")
            .attribute("id", Availability::Ready)
            .attribute("name", Availability::Early)
            .untagged()
            .adopts()
            .named_by(&["zone_id", "record_name", "record_type"])
            .timeouts(Duration::from_secs(600), Duration::from_secs(600))
    }
}
