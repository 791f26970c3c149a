//! AWS Identity and Access Management.

pub mod instance_profile;
pub mod role;
pub mod role_policy;

pub use instance_profile::{InstanceProfile, InstanceProfileInputs};
pub use role::{Role, RoleInputs};
pub use role_policy::{RolePolicy, RolePolicyInputs};
