//! Amazon CloudWatch.

pub mod alarm;
pub mod dashboard;

pub use alarm::{Alarm, AlarmInputs, AlarmLive};
pub use dashboard::{Dashboard, DashboardInputs, DashboardLive};
