//! AWS Lambda.

pub mod function;
pub mod permission;
pub mod version;

pub use function::{Function, FunctionInputs};
pub use permission::{Permission, PermissionInputs};
pub use version::{Version, VersionInputs};
