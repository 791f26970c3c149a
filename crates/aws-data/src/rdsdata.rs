//! RDS Data API: SQL over HTTPS.

pub mod bootstrap;
