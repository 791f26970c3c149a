//! Amazon Route 53.

pub mod look_ups;
pub mod record;

pub use look_ups::{HostedZone, HostedZoneDetails, HostedZones, ZoneChoice};
pub use record::{Alias, Record, RecordInputs};
