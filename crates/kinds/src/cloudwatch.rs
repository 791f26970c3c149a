//! Amazon CloudWatch.

pub mod dashboard;

pub use dashboard::{Dashboard, DashboardInputs};
