//! Amazon Route 53.

pub mod look_ups;
