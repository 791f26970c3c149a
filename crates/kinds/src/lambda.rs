//! AWS Lambda.

pub mod archive;
pub mod function;
pub mod permission;
pub mod version;

pub use archive::{Archive, ArchiveInputs};
pub use function::{Function, FunctionInputs};
pub use permission::{Permission, PermissionInputs};
pub use version::{Version, VersionInputs};
