//! An in-memory cloud on virtual time, and what tests do with it.
//!
//! [`cloud`] holds the objects, with latencies, faults and changes behind our back; [`kind`] makes a resource kind of any
//! schema on it; [`look_ups`] answers what stacks ask; [`store`] keeps a state in memory; [`harness`] plans and applies;
//! [`conformance`] is the suite that every kind must pass, on this cloud and on a real one; [`schemas`] are kinds for random
//! graphs; [`lossy`] loses a call. The binary `ohinfra-fake` is the whole command line on this cloud, kept in a file.

pub mod cloud;
pub mod conformance;
pub mod harness;
pub mod kind;
pub mod look_ups;
pub mod lossy;
pub mod schedule;
pub mod schemas;
pub mod store;
pub mod users;

pub use cloud::{Call, Cloud, Fault, Latency};
pub use harness::Harness;
pub use store::MemoryStore;
