//! What builds images.

use ohinfra_core::look_up::LookUp;

/// `docker buildx version` on this machine.
pub struct Buildx;

impl LookUp for Buildx {
    const NAME: &'static str = "docker.buildx";
    type Question = ();
    /// What it says; none if there is no such thing.
    type Answer = Option<String>;
}
