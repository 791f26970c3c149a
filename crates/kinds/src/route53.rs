//! Amazon Route 53.

pub mod lookups;
pub mod record;

pub use lookups::{HostedZone, HostedZoneDetails, HostedZones, ZoneChoice};
pub use record::{Alias, AliasLive, Record, RecordInputs, RecordLive};
