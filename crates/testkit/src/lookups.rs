//! Lookup results from a JSON document.

use futures::future::BoxFuture;
use ohinfra_core::Provider;
use ohinfra_core::Region;
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::lookup::{AnswersLookUp, Lookup};
use ohinfra_kinds::backup::OptedIn;
use ohinfra_kinds::ec2::{PrefixList, Vpc, VpcEndpoints, VpcNetwork, Vpcs};
use ohinfra_kinds::rds::EngineVersions;
use ohinfra_kinds::route53::{HostedZone, HostedZones};
use ohinfra_kinds::secretsmanager::SecretDescription;
use ohinfra_kinds::ssm::PublishedParameter;
use ohinfra_kinds::sts::CallerIdentity;
use serde_json::{Value, json};

struct Answer {
    name: &'static str,
    answer: Value,
}

impl AnswersLookUp for Answer {
    fn name(&self) -> &'static str {
        self.name
    }

    fn answer<'a>(&'a self, _region: &'a Region, _question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async {
            match self.answer.get("error").and_then(Value::as_str) {
                Some("credentials") => Err(ProviderError {
                    code: Some("ExpiredToken".to_owned()),
                    ..ProviderError::new(ErrorKind::Credentials, "sts:GetCallerIdentity", "the token has expired")
                }),
                Some(error) => Err(ProviderError::new(ErrorKind::Unavailable, self.name, error)),
                None => Ok(self.answer.clone()),
            }
        })
    }
}

/// Returns the results for a typical account before the first run: a VPC with two private and two public subnets in two zones,
/// and a hosted zone.
pub fn usual() -> Value {
    let table = |id: &str, subnets: [&str; 2], route: &str| json!({ "id": id, "main": false, "subnets": subnets, "default_route": route });
    json!({
        CallerIdentity::NAME: { "account": "123456789012", "arn": "arn:aws:iam::123456789012:user/ada" },
        Vpc::NAME: { "cidr": "10.0.0.0/16", "dns_hostnames": true, "dns_support": true },
        VpcNetwork::NAME: {
            "subnets": [
                { "id": "subnet-1", "zone": "us-west-2a" }, { "id": "subnet-2", "zone": "us-west-2b" },
                { "id": "subnet-3", "zone": "us-west-2a" }, { "id": "subnet-4", "zone": "us-west-2b" },
            ],
            "route_tables": [
                table("rtb-private", ["subnet-1", "subnet-2"], "egress"),
                table("rtb-public", ["subnet-3", "subnet-4"], "internet_gateway"),
            ],
        },
        VpcEndpoints::NAME: [],
        PrefixList::NAME: "pl-1",
        SecretDescription::NAME: null,
        Vpcs::NAME: [{ "id": "vpc-0123456789abcdef0", "name": "main", "cidr": "10.0.0.0/16" }],
        HostedZones::NAME: [{ "id": "Z0123456789", "name": "example.com" }],
        PublishedParameter::NAME: { "arn": "arn:aws:ssm:us-west-2::parameter/a", "version": 1, "value": "ami-0123456789abcdef0" },
        EngineVersions::NAME: ["15.7", "15.8", "15.10", "16.4", "17.4", "17.5"],
        OptedIn::NAME: { "EBS": true, "EFS": true },
        HostedZone::NAME: { "name": "example.com", "private": false },
    })
}

/// Adds the lookups to a provider.
pub fn answered(provider: Provider, answers: &Value) -> Provider {
    let names = [
        CallerIdentity::NAME,
        Vpc::NAME,
        VpcNetwork::NAME,
        VpcEndpoints::NAME,
        PrefixList::NAME,
        SecretDescription::NAME,
        PublishedParameter::NAME,
        Vpcs::NAME,
        HostedZones::NAME,
        EngineVersions::NAME,
        OptedIn::NAME,
        HostedZone::NAME,
    ];
    names.into_iter().fold(provider, |provider, name| {
        provider.lookup(Answer { name, answer: answers.get(name).cloned().unwrap_or(Value::Null) })
    })
}
