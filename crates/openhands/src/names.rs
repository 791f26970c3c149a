//! What things are called in AWS.

use crate::Configuration;

/// The exported name of the load balancer.
pub const ALB_DNS_NAME: &str = "alb-dns-name";
/// The exported header value by which it knows CloudFront.
pub const ORIGIN_VERIFY_SECRET: &str = "origin-verify-secret";

/// Names of one deployment in one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The deployment's name: the start of most names.
    pub prefix: String,
    /// The account: 12 digits.
    pub account: String,
    /// The main region.
    pub region: String,
}

impl Names {
    /// The names of a deployment.
    pub fn new(configuration: &Configuration, account: &str) -> Self {
        Self {
            prefix: configuration.name.clone(),
            account: account.to_owned(),
            region: configuration.region.to_string(),
        }
    }

    /// The parameter in us-east-1 by which a deployment tells domains in states of their own something of itself.
    pub fn export(deployment: &str, region: &str, name: &str) -> String {
        format!("/{deployment}/compute/{region}/{name}")
    }

    /// The parameter in us-east-1 that claims the deployment's name in its account.
    pub fn claim(&self) -> String {
        format!("/{}/region", self.prefix)
    }

    /// `OpenHands` for the default deployment, its name for any other: where a title is asked for.
    pub fn title(&self) -> &str {
        if self.prefix == "openhands" { "OpenHands" } else { &self.prefix }
    }

    /// The name of a thing that is unique in an account and region.
    pub fn regional(&self, noun: &str) -> String {
        format!("{}-{noun}", self.prefix)
    }

    /// The name of a thing that is unique in an account (IAM), so that regions do not meet.
    pub fn global(&self, noun: &str) -> String {
        format!("{}-{}-{noun}", self.prefix, self.region)
    }

    /// A repository of images of one's own.
    pub fn repository(&self, noun: &str) -> String {
        format!("{}/{noun}", self.prefix)
    }

    /// The secret with the header value by which the load balancer and OpenHands know CloudFront.
    pub fn origin_verify_secret(&self) -> String {
        format!("{}/cloudfront/origin-verify", self.prefix)
    }

    /// The data bucket's default name.
    pub fn data_bucket(&self) -> String {
        format!("{}-data-{}-{}", self.prefix, self.account, self.region)
    }
}
