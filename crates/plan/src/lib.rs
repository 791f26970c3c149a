//! From what is desired, what was applied and what is live to a plan: a value that says what will be done.
//!
//! Pure: no clock, no randomness, no I/O. The same input gives the same bytes. In reading order: [`graph`] (what is
//! desired), [`difference`] (field by field), [`identity`] (what an imported resource keeps), [`selection`] (targeting), [`planner`], [`mod@plan`] (the value), [`document`]
//! (its stable JSON form) and [`steps`] (the order in which it is done) and
//! [`mod@estimate`] (how long that takes).

pub mod difference;
pub mod document;
pub mod estimate;
pub mod graph;
pub mod identity;
mod overlap;
pub mod plan;
pub mod planner;
mod refusals;
pub mod selection;
pub mod steps;

pub use document::PlanDocument;
pub use estimate::{Estimate, estimate};
pub use graph::{Graph, GraphBuilder, GraphError, Resource};
pub use plan::{Action, Change, FieldChange, Plan};
pub use planner::{Mode, PlanInput, Prior, plan};
pub use selection::Selection;

#[cfg(test)]
mod tests;
