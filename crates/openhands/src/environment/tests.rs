//! Tests of the environment: validation of lookup results.

use serde_json::json;

use super::*;
use crate::configuration::Sources;

fn configuration(more: &str) -> Configuration {
    let usual = "region = \"us-west-2\"\nvpc_id = \"vpc-0123456789abcdef0\"\nhosted_zone_id = \"Z1\"\ndomain_name = \"app.example.com\"\n";
    let file = Some(("ohinfra.toml".to_owned(), format!("{usual}{more}")));
    Configuration::load(&Sources { file, ..Sources::default() }).unwrap().0
}

/// Returns the environment for valid lookup results modified by `change`.
pub(super) fn checked(more: &str, change: impl Fn(&str, &mut Value)) -> Result<(Environment, Vec<Diagnostic>), String> {
    checked_with(more, &Pins::default(), change)
}

/// Returns the same with pins.
pub(super) fn checked_with(
    more: &str,
    pins: &Pins,
    change: impl Fn(&str, &mut Value),
) -> Result<(Environment, Vec<Diagnostic>), String> {
    let configuration = configuration(more);
    let answers: Vec<(Request, Value)> = lookups(&configuration, pins, false)
        .into_iter()
        .map(|request| {
            let mut answer = match request.name {
                "sts.caller_identity" => {
                    json!({ "account": "123456789012", "arn": "arn:aws:iam::123456789012:user/ada" })
                }
                "ec2.vpc" => json!({ "cidr": "10.0.0.0/16", "dns_hostnames": true, "dns_support": true }),
                "ec2.vpc_network" => network(),
                "ec2.vpc_endpoints" => json!([]),
                "ec2.prefix_list" => json!("pl-1"),
                "ssm.published_parameter" => json!({ "arn": "arn:aws:ssm:a", "version": 3, "value": "ami-2" }),
                "rds.engine_versions" => json!(["15.8", "15.10", "15.9", "16.4", "17.4", "17.5"]),
                "backup.opted_in" => json!({ "EBS": true, "EFS": true }),
                "route53.hosted_zone" => json!({ "name": "example.com", "private": false }),
                "docker.buildx" => json!("v0.29"),
                "docker.image_digest" => json!({ "digest": format!("sha256:{}", "a".repeat(64)) }),
                _ => Value::Null,
            };
            change(request.name, &mut answer);
            (request, answer)
        })
        .collect();
    Environment::new(&configuration, &answers, pins)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// Returns a network with three zones: zone a has two private subnets, zone c has no public subnet.
fn network() -> Value {
    let subnet = |id: &str, zone: &str| json!({ "id": id, "zone": zone });
    json!({
        "subnets": [
            subnet("subnet-9", "us-west-2a"), subnet("subnet-1", "us-west-2a"), subnet("subnet-2", "us-west-2b"),
            subnet("subnet-3", "us-west-2c"), subnet("subnet-4", "us-west-2a"), subnet("subnet-5", "us-west-2b"),
            subnet("subnet-6", "us-west-2b"),
        ],
        "route_tables": [
            { "id": "rtb-main", "main": true, "subnets": [], "default_route": "egress" },
            { "id": "rtb-public", "main": false, "subnets": ["subnet-4", "subnet-5"], "default_route": "internet_gateway" },
            { "id": "rtb-isolated", "main": false, "subnets": ["subnet-6"], "default_route": null },
        ],
    })
}

#[test]
fn the_subnet_with_the_lowest_id_is_chosen_per_kind_and_zone() {
    let (environment, _) = checked("", |_, _| {}).unwrap();
    assert_eq!(
        environment.private_subnets,
        ["subnet-1", "subnet-2", "subnet-3"],
        "a subnet without an association uses the main route table"
    );
    assert_eq!(environment.public_subnets, ["subnet-4", "subnet-5"]);
    assert_eq!(environment.route_tables, ["rtb-main", "rtb-public"]);
}

#[test]
fn all_missing_prerequisites_are_reported_together() {
    let errors = checked("", |name, answer| match name {
        "ec2.vpc" => answer["dns_hostnames"] = json!(false),
        "ec2.vpc_network" => answer["route_tables"][0]["default_route"] = Value::Null,
        "ec2.prefix_list" => *answer = Value::Null,
        "route53.hosted_zone" => answer["private"] = json!(true),
        _ => {}
    });
    insta::assert_snapshot!(errors.unwrap_err(), @"
    hosted_zone_id: hosted zone `Z1` (example.com) is private
    vpc_id: DNS hostnames must be enabled in VPC `vpc-0123456789abcdef0` for interface endpoints
    vpc_id: VPC `vpc-0123456789abcdef0` has private subnets with a route to a NAT gateway in 0 availability zones; at least 2 are required
    lookup: prefix list `com.amazonaws.global.cloudfront.origin-facing` not found in us-west-2
    ");
}

#[test]
fn the_hosted_zone_must_match_the_domain_or_a_parent_domain() {
    let zone = |name: &'static str| {
        move |lookup: &str, answer: &mut Value| {
            if lookup == "route53.hosted_zone" {
                answer["name"] = json!(name);
            }
        }
    };
    assert!(checked("", zone("app.example.com")).is_ok());
    assert!(checked("", zone("example.com")).is_ok());
    assert!(checked("", zone("ple.com")).unwrap_err().contains("serves ple.com, not app.example.com"));
}

#[test]
fn existing_endpoints_of_others_are_not_managed() {
    let endpoints = |lookup: &str, answer: &mut Value| {
        if lookup == "ec2.vpc_endpoints" {
            *answer = json!([
                { "id": "vpce-1", "service_name": "com.amazonaws.us-west-2.s3", "endpoint_type": "Gateway", "private_dns": false, "tags": {} },
                { "id": "vpce-2", "service_name": "com.amazonaws.us-west-2.ecr.api", "endpoint_type": "Interface", "private_dns": true, "tags": {} },
            ]);
        }
    };
    let error = checked("", endpoints).unwrap_err();
    assert!(
        error
            .contains("network.endpoints.ecr-api: the VPC already has an endpoint for com.amazonaws.us-west-2.ecr.api"),
        "{error}"
    );
    let (environment, warnings) = checked("[network]\nendpoints = { ecr-api = false }\n", endpoints).unwrap();
    assert_eq!(environment.foreign_s3_endpoint.as_deref(), Some("vpce-1"));
    assert!(warnings[0].message.contains("already has an S3 gateway endpoint"));
}

#[test]
fn an_existing_sandbox_secret_is_used_and_an_owned_one_is_managed() {
    let secret = |tags: Value| {
        move |lookup: &str, answer: &mut Value| {
            if lookup == "secretsmanager.secret" {
                *answer = json!({ "arn": "arn:secret", "tags": tags, "deleted": false });
            }
        }
    };
    assert_eq!(checked("", secret(json!({}))).unwrap().0.foreign_sandbox_secret.as_deref(), Some("arn:secret"));
    let ours = json!({ "ohinfra:deployment": "openhands", "ohinfra:address": "security/sandbox-secret" });
    assert_eq!(checked("", secret(ours)).unwrap().0.foreign_sandbox_secret, None);
}

#[test]
fn a_missing_backup_opt_in_is_a_warning() {
    let (_, warnings) = checked("", |lookup, answer| {
        if lookup == "backup.opted_in" {
            *answer = json!({ "EBS": true, "EFS": false, "S3": false });
        }
    })
    .unwrap();
    assert_eq!(warnings[0].message, "AWS Backup does not back up EFS: not enabled in the account");
    assert!(warnings[0].help.as_ref().unwrap().contains("EFS=true"), "{warnings:?}");
    let unknown = checked("", |lookup, answer| {
        if lookup == "backup.opted_in" {
            *answer = json!({});
        }
    });
    assert_eq!(unknown.unwrap().1, []);
}

#[test]
fn pins_change_only_with_upgrade() {
    let pins = Pins { known: BTreeMap::from([("machine_image".to_owned(), json!("ami-1"))]), ..Pins::default() };
    let (environment, warnings) = checked_with("", &pins, |_, _| {}).unwrap();
    assert_eq!(environment.image_id, "ami-1");
    assert!(warnings[0].message.contains("newer machine image is available (in use: ami-1)"), "{warnings:?}");
    let (environment, _) = checked_with("", &Pins { upgrade: true, ..pins }, |_, _| {}).unwrap();
    assert_eq!(environment.image_id, "ami-2");
    assert_eq!(environment.pins["machine_image"], "ami-2");
}

/// Returns the environment of a deployment with a backend that exports these parameters.
fn with_backend(exported: &Value) -> Result<Environment, String> {
    let text =
        "name = \"team\"\nhosted_zone_id = \"Z1\"\ndomain_name = \"example.com\"\n[backend]\nregion = \"eu-west-1\"\n";
    let file = Some(("ohinfra.toml".to_owned(), text.to_owned()));
    let (configuration, _) = Configuration::load(&Sources { file, ..Sources::default() }).unwrap();
    let answers: Vec<(Request, Value)> = lookups(&configuration, &Pins::default(), false)
        .into_iter()
        .map(|request| {
            let answer = match request.name {
                "sts.caller_identity" => {
                    json!({ "account": "123456789012", "arn": "arn:aws:iam::123456789012:user/ada" })
                }
                "route53.hosted_zone" => json!({ "name": "example.com", "private": false }),
                "ssm.published_parameter" => exported[request.question.as_str().unwrap()].clone(),
                other => panic!("unexpected lookup {other}"),
            };
            (request, answer)
        })
        .collect();
    let joined = |problems: Vec<Diagnostic>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    Environment::new(&configuration, &answers, &Pins::default()).map(|(environment, _)| environment).map_err(joined)
}

#[test]
fn a_deployment_with_a_backend_reads_only_its_exports() {
    let environment = with_backend(&json!({
        "/openhands/compute/eu-west-1/alb-dns-name": { "arn": "arn:dns", "version": 1, "value": "alb.example.com" },
        "/openhands/compute/eu-west-1/origin-verify-secret": { "arn": "arn:secret", "version": 4, "value": null },
    }));
    let exported = environment.unwrap().exported.unwrap();
    assert_eq!(exported.alb_dns_name, "alb.example.com");
    assert_eq!((exported.header_secret_arn.as_str(), exported.header_secret_version.as_str()), ("arn:secret", "4"));
    insta::assert_snapshot!(with_backend(&json!({})).unwrap_err(), @"
    backend: SSM parameter `/openhands/compute/eu-west-1/alb-dns-name`, exported by the backend, not found in us-east-1
    backend: SSM parameter `/openhands/compute/eu-west-1/origin-verify-secret`, exported by the backend, not found in us-east-1
    ");
}

#[test]
fn base_images_are_pinned_by_digest_and_looked_up_once() {
    let build = "[images]\nsource = \"build\"\n";
    let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
    let (environment, _) = checked(build, |_, _| {}).unwrap();
    assert_eq!(environment.base_images.len(), 3, "OpenHands, the agent server, the AWS CLI");
    assert!(environment.base_images.values().all(|found| *found == digest("a")));

    // The tags move: pinned digests are kept without a lookup until an upgrade.
    let pins = |upgrade| Pins { known: environment.pins.clone(), upgrade, ..Pins::default() };
    let moved = |lookup: &str, answer: &mut Value| {
        if lookup == "docker.image_digest" {
            *answer = json!({ "digest": digest("b") });
        }
    };
    let requests = |pins: &Pins| {
        lookups(&configuration(build), pins, false).iter().filter(|r| r.name.starts_with("docker.image")).count()
    };
    assert_eq!((requests(&pins(false)), requests(&pins(true))), (0, 3));
    let (kept, _) = checked_with(build, &pins(false), moved).unwrap();
    assert_eq!(kept.base_images, environment.base_images);
    let (upgraded, _) = checked_with(build, &pins(true), moved).unwrap();
    assert!(upgraded.base_images.values().all(|found| *found == digest("b")));

    let one = format!("{build}openhands_digest = \"{}\"\n", digest("c"));
    assert_eq!(checked(&one, |_, _| {}).unwrap().0.base_images.len(), 2, "one is configured");
}

#[test]
fn an_unreachable_registry_is_an_error_that_names_the_image() {
    let error = checked("[images]\nsource = \"build\"\n", |lookup, answer| {
        if lookup == "docker.image_digest" {
            *answer = json!({ "problem": "dial tcp: lookup ghcr.io: no such host" });
        }
    });
    let error = error.unwrap_err();
    for text in
        ["failed to read the digest of `ghcr.io/openhands/agent-server:", "no such host", "public.ecr.aws/aws-cli"]
    {
        assert!(error.contains(text), "{error}");
    }
}
