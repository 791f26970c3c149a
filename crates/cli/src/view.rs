//! Output for people and machines. A view renders a value as text; it reads no other data and decides nothing.

pub(crate) mod difference;
pub(crate) mod graph;
pub(crate) mod outputs;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod users;
pub(crate) mod value;
