//! Amazon ECR.

pub mod image;
pub mod lookups;
pub mod repository;

pub use image::{Image, ImageInputs, ImageLive};
pub use lookups::{Buildx, ImageDigest, ResolvedImage};
pub use repository::{Repository, RepositoryInputs, RepositoryLive};
