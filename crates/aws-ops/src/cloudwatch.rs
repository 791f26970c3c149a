//! Amazon CloudWatch.

pub mod dashboard;
