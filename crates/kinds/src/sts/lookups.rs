//! Lookup of the caller identity.

use ohinfra_core::lookup::Lookup;
use serde::{Deserialize, Serialize};

/// Lookup of the caller identity through STS `GetCallerIdentity`.
pub struct CallerIdentity;

/// Account and ARN of the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerDetails {
    /// Account ID: 12 digits.
    pub account: String,
    /// ARN of the caller.
    pub arn: String,
}

impl CallerDetails {
    /// Returns the partition of the caller's ARN: `aws`, `aws-us-gov` or `aws-cn`.
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws")
    }
}

impl Lookup for CallerIdentity {
    const NAME: &'static str = "sts.caller_identity";
    type Question = ();
    type Answer = CallerDetails;
}
