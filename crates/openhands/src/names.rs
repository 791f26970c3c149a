//! Names of AWS resources, and other names and numbers that several stacks or the payload use.

use crate::Configuration;

/// The PostgreSQL port.
pub const DATABASE_PORT: u16 = 5432;
/// The database name.
pub const DATABASE_NAME: &str = "openhands";
/// The database user for IAM authentication.
pub const DATABASE_IAM_USER: &str = "openhands_iam";
/// The database user of OpenHands, who logs in through the proxy.
pub const DATABASE_PROXY_USER: &str = "openhands_proxy";
/// The namespace of the `Healthy` metric, which the instance publishes.
pub const HEALTH_NAMESPACE: &str = "OpenHands";
/// Retention of the logs of Lambda functions: two years, in days.
pub const FUNCTION_LOG_DAYS: i32 = 731;
/// Export: the DNS name of the load balancer.
pub const ALB_DNS_NAME: &str = "alb-dns-name";
/// Export: the header value that proves to the load balancer that a request comes from CloudFront.
pub const ORIGIN_VERIFY_SECRET: &str = "origin-verify-secret";

/// Names of the resources of a deployment in an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The deployment's name, which is the prefix of most resource names.
    pub prefix: String,
    /// The account ID: 12 digits.
    pub account: String,
    /// The main region.
    pub region: String,
}

impl Names {
    /// Returns the names of a deployment.
    pub fn new(configuration: &Configuration, account: &str) -> Self {
        Self {
            prefix: configuration.name.clone(),
            account: account.to_owned(),
            region: configuration.region.to_string(),
        }
    }

    /// Returns the name of an exported parameter in us-east-1, which deployments of domains with a separate state read.
    pub fn export(deployment: &str, region: &str, name: &str) -> String {
        format!("/{deployment}/compute/{region}/{name}")
    }

    /// Returns the name of the parameter in us-east-1 that claims the deployment's name in the account.
    pub fn claim(&self) -> String {
        format!("/{}/region", self.prefix)
    }

    /// Returns the title of the deployment: `OpenHands` for the default name, otherwise the name.
    pub fn title(&self) -> &str {
        if self.prefix == "openhands" { "OpenHands" } else { &self.prefix }
    }

    /// Returns a resource name that is unique in an account and region.
    pub fn regional(&self, noun: &str) -> String {
        format!("{}-{noun}", self.prefix)
    }

    /// Returns a resource name that is unique in an account (IAM). Contains the region, so that regions do not conflict.
    pub fn global(&self, noun: &str) -> String {
        format!("{}-{}-{noun}", self.prefix, self.region)
    }

    /// Returns the name of a repository for images that ohinfra builds.
    pub fn repository(&self, noun: &str) -> String {
        format!("{}/{noun}", self.prefix)
    }

    /// Returns the name of the secret with the header value that proves that a request comes from CloudFront.
    pub fn origin_verify_secret(&self) -> String {
        format!("{}/cloudfront/origin-verify", self.prefix)
    }

    /// Returns the default name of the data bucket.
    pub fn data_bucket(&self) -> String {
        format!("{}-data-{}-{}", self.prefix, self.account, self.region)
    }
}
