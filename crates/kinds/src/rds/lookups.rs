//! Lookup of the database engine versions that AWS offers.

use ohinfra_core::lookup::Lookup;
use serde::{Deserialize, Serialize};

/// Lookup of the available versions of a database engine and major version.
pub struct EngineVersions;

/// Engine and major version to look up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineQuestion {
    /// Database engine: `aurora-postgresql`.
    pub engine: String,
    /// Major version: `15`.
    pub major: String,
}

impl Lookup for EngineVersions {
    const NAME: &'static str = "rds.engine_versions";
    type Question = EngineQuestion;
    type Answer = Vec<String>;
}
