//! Who is calling.

use ohinfra_core::look_up::LookUp;
use serde::{Deserialize, Serialize};

/// STS `GetCallerIdentity`.
pub struct CallerIdentity;

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerDetails {
    /// The account: 12 digits.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
}

impl CallerDetails {
    /// The partition of the caller's ARN: `aws`, `aws-us-gov` or `aws-cn`.
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws")
    }
}

impl LookUp for CallerIdentity {
    const NAME: &'static str = "sts.caller_identity";
    type Question = ();
    type Answer = CallerDetails;
}
