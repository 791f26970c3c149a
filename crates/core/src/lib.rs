//! Shared vocabulary, and the contract of a resource kind.
//!
//! Out of scope: I/O, clocks, AWS, printing. Start with [`address`], then [`text`] and [`inputs`] (references between
//! resources), [`schema`] (metadata of a kind for the planner) and [`contract`] (the interface of a kind).

pub mod address;
pub mod contract;
pub mod diagnostic;
pub mod document;
pub mod error;
pub mod inputs;
pub mod lookup;
pub mod package;
pub mod provider;
pub mod region;
pub mod schema;
pub mod secret;
pub mod tag_index;
pub mod tags;
pub mod text;
pub mod users;
pub mod version;

pub use address::Address;
pub use error::{ErrorKind, ProviderError};
pub use inputs::Inputs;
pub use provider::Provider;
pub use region::Region;
pub use schema::Schema;
pub use text::{Reference, Text};
