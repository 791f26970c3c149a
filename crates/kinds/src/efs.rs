//! Amazon EFS.

pub mod access_point;
pub mod file_system;
pub mod mount_target;

pub use access_point::{AccessPoint, AccessPointInputs, AccessPointLive};
pub use file_system::{FileSystem, FileSystemInputs, FileSystemLive};
pub use mount_target::{MountTarget, MountTargetInputs, MountTargetLive};
