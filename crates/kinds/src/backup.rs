//! AWS Backup.

pub mod lookups;
pub mod plan;
pub mod selection;
pub mod vault;

pub use lookups::OptedIn;
pub use plan::{Plan, PlanInputs, PlanLive, PlanRule};
pub use selection::{Selection, SelectionInputs, SelectionLive, TagCondition};
pub use vault::{Vault, VaultInputs, VaultLive};
