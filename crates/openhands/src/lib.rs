//! What OpenHands needs: the configuration, the look-ups, and one file per stack of the desired graph.
//!
//! No I/O: texts of files and answers of look-ups come in, a [`Configuration`], a list of look-ups and a graph go out.

pub mod configuration;
pub mod environment;
pub mod names;
pub mod payload;
pub mod policy;
pub mod sandbox_policy;
pub mod stacks;

pub use configuration::{Configuration, Edge, Sources};
pub use environment::Environment;
pub use stacks::build_graph;
