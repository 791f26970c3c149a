//! Versions of database engines that AWS offers.

use ohinfra_core::look_up::LookUp;
use serde::{Deserialize, Serialize};

/// The versions that can be created, of one engine and major version.
pub struct EngineVersions;

/// Which versions are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineQuestion {
    /// `aurora-postgresql`.
    pub engine: String,
    /// `15`.
    pub major: String,
}

impl LookUp for EngineVersions {
    const NAME: &'static str = "rds.engine_versions";
    type Question = EngineQuestion;
    type Answer = Vec<String>;
}
