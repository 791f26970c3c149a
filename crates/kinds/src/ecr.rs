//! Amazon ECR.

pub mod repository;

pub use repository::{Repository, RepositoryInputs};
