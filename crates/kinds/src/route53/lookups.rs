//! Lookups of existing hosted zones.

use ohinfra_core::lookup::Lookup;
use serde::{Deserialize, Serialize};

/// Lookup of a hosted zone by ID; `None` if the zone does not exist.
pub struct HostedZone;

/// Properties of a hosted zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostedZoneDetails {
    /// Domain name without the trailing dot.
    pub name: String,
    /// `true` if the zone is visible only inside VPCs.
    pub private: bool,
}

impl Lookup for HostedZone {
    const NAME: &'static str = "route53.hosted_zone";
    type Question = String;
    type Answer = Option<HostedZoneDetails>;
}

/// Lookup of all public hosted zones of the account.
pub struct HostedZones;

/// A hosted zone to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneChoice {
    /// Hosted zone ID.
    pub id: String,
    /// Domain name without the trailing dot.
    pub name: String,
}

impl Lookup for HostedZones {
    const NAME: &'static str = "route53.hosted_zones";
    type Question = ();
    type Answer = Vec<ZoneChoice>;
}
