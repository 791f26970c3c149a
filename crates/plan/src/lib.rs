//! The planner: computes a plan from the desired, applied and live resources.
//!
//! Pure: no clock, no randomness, no I/O. Equal inputs give equal bytes. In reading order: [`graph`] (desired resources),
//! [`difference`] (field by field), [`identity`] (immutable fields of imported resources), [`selection`] (targeting),
//! [`input`] and [`planner`], [`mod@plan`] (the value), [`document`] (its stable JSON form), [`steps`] (execution order) and
//! [`mod@estimate`] (expected duration).

pub mod difference;
pub mod document;
pub mod estimate;
pub mod graph;
pub mod identity;
mod in_use;
pub mod input;
mod overlap;
pub mod plan;
pub mod planner;
mod refusals;
pub mod selection;
pub mod steps;

pub use document::PlanDocument;
pub use estimate::{Estimate, estimate};
pub use graph::{Graph, GraphBuilder, GraphError, Resource};
pub use input::{Discovered, Mode, PlanInput};
pub use plan::{Action, Change, FieldChange, Plan};
pub use planner::plan;
pub use selection::Selection;

#[cfg(test)]
mod tests;
