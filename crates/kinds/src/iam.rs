//! AWS Identity and Access Management.

pub mod instance_profile;
pub mod role;
pub mod role_policy;

pub use instance_profile::{InstanceProfile, InstanceProfileInputs, InstanceProfileLive};
pub use role::{Role, RoleInputs, RoleLive};
pub use role_policy::{RolePolicy, RolePolicyInputs, RolePolicyLive};
