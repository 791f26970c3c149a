//! Amazon EFS.

pub mod access_point;
pub mod file_system;
pub mod mount_target;

pub use access_point::{AccessPoint, AccessPointInputs};
pub use file_system::{FileSystem, FileSystemInputs};
pub use mount_target::{MountTarget, MountTargetInputs};
