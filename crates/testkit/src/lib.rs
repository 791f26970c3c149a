//! An in-memory cloud in virtual time, and the tools to test with it.
//!
//! [`cloud`] stores the objects, with latencies, faults and external changes; [`kind`] simulates a kind from its schema;
//! [`lookups`] provides lookup results; [`store`] stores a state in memory; [`harness`] plans and applies; [`conformance`]
//! is the suite for all kinds, for this cloud and for a real one; [`schemas`] defines kinds for random graphs; [`lossy`]
//! loses calls; [`repository`] reads files. The binary `ohinfra-fake` is the complete command line on this cloud, stored in a file.

pub mod cloud;
pub mod conformance;
pub mod harness;
pub mod kind;
pub mod lookups;
pub mod lossy;
pub mod repository;
pub mod schedule;
pub mod schemas;
pub mod store;
pub mod users;

pub use cloud::{Call, Cloud, Fault, Latency};
pub use harness::Harness;
pub use repository::repository_file;
pub use store::MemoryStore;
