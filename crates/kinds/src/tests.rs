//! Rules that apply to every kind.

use ohinfra_core::schema::{Behaviour, REPLACE};

use super::*;

#[test]
fn every_kind_has_a_unique_two_part_name_a_summary_and_an_id() {
    let schemas = schemas();
    for schema in &schemas {
        assert_eq!(schema.kind.split('.').count(), 2, "{}", schema.kind);
        assert!(!schema.summary.is_empty(), "{}", schema.kind);
        assert!(schema.attributes().iter().any(|(name, _)| *name == "id"), "{} has no id", schema.kind);
    }
    let mut names: Vec<_> = schemas.iter().map(|s| s.kind).collect();
    names.dedup();
    assert_eq!(names.len(), schemas.len());
}

#[test]
fn every_natural_name_consists_of_inputs() {
    for schema in schemas() {
        for input in schema.natural_name {
            assert!(schema.has_input(input), "{}: {input}", schema.kind);
        }
    }
}

/// What happens to a kind with a natural name when it is replaced.
struct Named {
    kind: &'static str,
    /// Whether two of them under two names exclude each other: then a replacement deletes first, whatever the name.
    exclusive: bool,
    /// Whether AWS refuses to delete it while something uses it: a plan that would have to is refused.
    held: bool,
    /// Inputs that replace it under the same name, which deletes first.
    same_name: &'static [&'static str],
    why: &'static str,
}

const fn named(kind: &'static str, same_name: &'static [&'static str], why: &'static str) -> Named {
    Named { kind, exclusive: false, held: false, same_name, why }
}

const fn exclusive(kind: &'static str, same_name: &'static [&'static str], why: &'static str) -> Named {
    Named { kind, exclusive: true, held: false, same_name, why }
}

const fn held(kind: &'static str, same_name: &'static [&'static str], why: &'static str) -> Named {
    Named { kind, exclusive: false, held: true, same_name, why }
}

/// Every kind with a natural name. A replacement under another name creates first: `why` says what makes that possible, or what
/// excludes it. One under the same name deletes first: `why` says what holds it.
const NAMED: &[Named] = &[
    named("autoscaling.group", &[], "two groups run side by side until the old one is deleted"),
    named("backup.selection", &["role_arn", "tag_conditions"], "nothing uses a selection"),
    named("backup.vault", &["kms_key_arn"], "retained: a replacement needs `--replace`, and the old one stays"),
    held("cloudfront.response_headers_policy", &[], "ResponseHeadersPolicyInUse while a distribution names it"),
    named("cloudwatch.alarm", &[], "nothing uses an alarm"),
    named("cloudwatch.dashboard", &[], "nothing uses a dashboard"),
    named("cognito.identity_provider", &["provider_type"], "a pool has several; an address never changes its type"),
    exclusive(
        "cognito.managed_login_branding",
        &["user_pool_id"],
        "ManagedLoginBrandingExistsException: one for a client",
    ),
    exclusive("cognito.user_pool_domain", &["user_pool_id"], "a pool has one domain of a prefix"),
    named("ec2.launch_template", &[], "a group moves to the new one"),
    named("ecr.repository", &[], "images are pushed to the new one before anything pulls from it"),
    exclusive("efs.mount_target", &[], "MountTargetConflict: one for a zone, whatever the subnet"),
    named("elbv2.listener", &[], "one for a port; with its balancer not known yet, it deletes first"),
    named("elbv2.load_balancer", &["scheme"], "the scheme is fixed; its listeners go first"),
    exclusive("elbv2.target", &[], "TooManyTargets: one function for a target group"),
    held(
        "elbv2.target_group",
        &["target_type", "protocol", "port", "vpc_id"],
        "ResourceInUse while a listener or a rule forwards to it: another VPC is refused by the plan",
    ),
    named("iam.instance_profile", &[], "EC2 does not hold it"),
    named("iam.role", &[], "nothing holds it; what assumes it moves to the new one first"),
    named("iam.role_policy", &[], "goes with its role"),
    named("kms.alias", &[], "a key has several"),
    held("lambda.function", &[], "replicas of its versions hold it for hours; a new name has versions of its own"),
    named("lambda.permission", &["principal", "source_arn"], "nothing holds it"),
    named("logs.function_log_groups", &[], "nothing holds it"),
    named("logs.log_group", &[], "nothing holds it"),
    named(
        "rds.cluster",
        &["engine", "database_name", "master_username", "subnet_group_name", "storage_encrypted"],
        "holds data: accepted by name only, its instances go first",
    ),
    held("rds.cluster_parameter_group", &["family", "description"], "a cluster holds it; a new family has a new name"),
    named("rds.instance", &["cluster_name", "engine"], "a cluster has several; nothing holds it"),
    named("rds.proxy", &["engine_family", "subnet_ids"], "nothing holds it; its target group goes first"),
    named("rds.proxy_target_group", &["cluster_name"], "goes with its proxy"),
    held("rds.subnet_group", &[], "InvalidDBSubnetGroupStateFault while a cluster is in it"),
    named("route53.record", &[], "the type of a record is fixed at each address: no CNAME meets another type"),
    named("s3.bucket", &[], "retained or used by name; both exist"),
    named("s3.bucket_policy", &[], "goes with its bucket"),
    named("secretsmanager.connection_details", &[], "goes with its secret"),
    named("secretsmanager.secret", &[], "a deleted one keeps its name for days, and is restored under it"),
    named("secretsmanager.secret_policy", &[], "goes with its secret"),
    named("sns.topic", &[], "alarms move to the new one first"),
    named(
        "ssm.parameter",
        &["parameter_type"],
        "HierarchyTypeMismatch: another type is another parameter; nothing holds it",
    ),
    held("wafv2.web_acl", &[], "WAFAssociatedItemException while a distribution names it"),
];

#[test]
fn every_kind_with_a_natural_name_is_replaced_in_an_order_that_ends() {
    let schemas = crate::schemas();
    let with_name: Vec<&Schema> = schemas.iter().filter(|schema| !schema.natural_name.is_empty()).collect();
    let listed: Vec<&str> = NAMED.iter().map(|named| named.kind).collect();
    assert_eq!(with_name.iter().map(|schema| schema.kind).collect::<Vec<_>>(), listed);
    for (schema, expected) in with_name.into_iter().zip(NAMED) {
        let is_replaced = |(name, behaviour): &&(&'static str, Behaviour)| {
            behaviour.has(REPLACE) && !schema.natural_name.contains(name)
        };
        let same_name: Vec<&str> = schema.inputs().iter().filter(is_replaced).map(|(name, _)| *name).collect();
        let found = (schema.exclusive, schema.held, same_name.as_slice());
        assert_eq!(found, (expected.exclusive, expected.held, expected.same_name), "{}: {}", schema.kind, expected.why);
    }
}
