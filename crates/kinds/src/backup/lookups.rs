//! Lookup of the AWS Backup settings of an account.

use std::collections::BTreeMap;

use ohinfra_core::lookup::Lookup;

/// Lookup of the resource types that AWS Backup backs up by tag in a region: an account setting.
pub struct OptedIn;

impl Lookup for OptedIn {
    const NAME: &'static str = "backup.opted_in";
    type Question = ();
    /// Opt-in status by resource type, as AWS Backup spells it: `EBS`, `EFS`. The status of an absent type is unknown.
    type Answer = BTreeMap<String, bool>;
}
