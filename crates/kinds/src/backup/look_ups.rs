//! What an account has opted in to.

use std::collections::BTreeMap;

use ohinfra_core::look_up::LookUp;

/// Which types of resources AWS Backup backs up by tag in a region: a choice of the account.
pub struct OptedIn;

impl LookUp for OptedIn {
    const NAME: &'static str = "backup.opted_in";
    type Question = ();
    /// By type, as AWS Backup spells it: `EBS`, `EFS`. A type that is left out is unknown.
    type Answer = BTreeMap<String, bool>;
}
