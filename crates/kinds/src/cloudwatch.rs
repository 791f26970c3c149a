//! Amazon CloudWatch.

pub mod alarm;
pub mod dashboard;

pub use alarm::{Alarm, AlarmInputs};
pub use dashboard::{Dashboard, DashboardInputs};
