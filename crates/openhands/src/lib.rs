//! The OpenHands deployment: configuration, lookups, and one file per stack of the desired graph.
//!
//! No I/O: the inputs are file contents and lookup results; the outputs are a [`Configuration`], a list of lookups and a graph.

pub mod addresses;
pub mod configuration;
pub mod environment;
pub mod names;
pub mod payload;
pub mod policy;
pub mod releases;
pub mod sandbox_policy;
pub mod stacks;

pub use configuration::{Configuration, Edge, Sources};
pub use environment::Environment;
pub use stacks::build_graph;
