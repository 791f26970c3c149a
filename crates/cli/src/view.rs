//! What people and machines read. A view takes a value and gives text; it reads nothing and decides nothing.

pub(crate) mod difference;
pub(crate) mod graph;
pub(crate) mod outputs;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod style;
pub(crate) mod users;
pub(crate) mod value;
