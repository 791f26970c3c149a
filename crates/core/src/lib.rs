//! The words that everybody shares, and the contract of a resource kind.
//!
//! What it deliberately does not do: I/O, clocks, AWS, printing. Start at [`address`], then [`text`] and [`inputs`] (how
//! one resource refers to another), [`schema`] (what the planner must know of a kind) and [`contract`] (what a kind must do).

pub mod address;
pub mod contract;
pub mod diagnostic;
pub mod document;
pub mod error;
pub mod inputs;
pub mod look_up;
pub mod package;
pub mod region;
pub mod schema;
pub mod secret;
pub mod tags;
pub mod text;
pub mod users;
pub mod version;

pub use address::Address;
pub use error::{ErrorKind, ProviderError};
pub use inputs::Inputs;
pub use region::Region;
pub use schema::Schema;
pub use text::{Reference, Text};
