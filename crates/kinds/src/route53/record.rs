//! A record of a hosted zone.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DEFAULTED, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `route53.record`
pub struct Record;

/// Inputs of a DNS record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordInputs<T = String> {
    /// The hosted zone.
    pub zone_id: String,
    /// Its full name, without the dot at the end. Replaces.
    pub record_name: T,
    /// `A`, `AAAA`, `CNAME`, … Replaces.
    pub record_type: String,
    /// How long resolvers may keep it; none for an alias. Where it is not given, a new record gets 300 s, and an existing one keeps
    /// its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<i32>,
    /// What it holds; none for an alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<T>>,
    /// What it is an alias of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<Alias<T>>,
}

/// What a record is an alias of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alias<T = String> {
    /// The name that it leads to.
    pub dns_name: T,
    /// The hosted zone of that name.
    pub zone_id: String,
    /// Whether it depends on the health of what the name leads to.
    pub evaluate_target_health: bool,
}

impl Definition for Record {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = RecordInputs<T>;

    fn schema() -> Schema {
        Schema::new("route53.record", "A DNS record")
            .input("zone_id", REPLACE)
            .input("record_name", REPLACE)
            .input("record_type", REPLACE)
            .input("ttl_seconds", DEFAULTED)
            .input("values", UNORDERED)
            .plain("alias.dns_name")
            .plain("alias.zone_id")
            .plain("alias.evaluate_target_health")
            .attribute("id", Availability::Ready)
            .attribute("name", Availability::Early)
            .untagged()
            .named_by(&["zone_id", "record_name", "record_type"])
            .timeouts(Duration::from_secs(600), Duration::from_secs(600))
    }
}
