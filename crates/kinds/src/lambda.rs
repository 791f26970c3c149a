//! AWS Lambda.

pub mod archive;
pub mod function;
pub mod permission;
pub mod version;

pub use archive::{Archive, ArchiveInputs, ArchiveLive};
pub use function::{Function, FunctionInputs, FunctionLive};
pub use permission::{Permission, PermissionInputs, PermissionLive};
pub use version::{Version, VersionInputs, VersionLive};
