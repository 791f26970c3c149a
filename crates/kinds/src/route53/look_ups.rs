//! Hosted zones that exist already.

use ohinfra_core::look_up::LookUp;
use serde::{Deserialize, Serialize};

/// A hosted zone by its id.
pub struct HostedZone;

/// What must be known of a hosted zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostedZoneDetails {
    /// Its name without the dot at the end.
    pub name: String,
    /// Whether it is visible only inside VPCs.
    pub private: bool,
}

impl LookUp for HostedZone {
    const NAME: &'static str = "route53.hosted_zone";
    type Question = String;
    type Answer = Option<HostedZoneDetails>;
}

/// Every public hosted zone of the account.
pub struct HostedZones;

/// A hosted zone, for whoever has to choose one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneChoice {
    /// Its id.
    pub id: String,
    /// Its name without the dot at the end.
    pub name: String,
}

impl LookUp for HostedZones {
    const NAME: &'static str = "route53.hosted_zones";
    type Question = ();
    type Answer = Vec<ZoneChoice>;
}
