//! Amazon Route 53.

pub mod look_ups;

pub use look_ups::{HostedZone, HostedZoneDetails};
