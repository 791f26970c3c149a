//! AWS Backup.

pub mod look_ups;
pub mod plan;
pub mod selection;
pub mod vault;

pub use look_ups::OptedIn;
pub use plan::{Plan, PlanInputs, PlanRule};
pub use selection::{Selection, SelectionInputs, TagCondition};
pub use vault::{Vault, VaultInputs};
