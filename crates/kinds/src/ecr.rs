//! Amazon ECR.

pub mod image;
pub mod look_ups;
pub mod repository;

pub use image::{Image, ImageInputs};
pub use look_ups::{Buildx, ImageDigest, ResolvedImage};
pub use repository::{Repository, RepositoryInputs};
