//! Tests that apply to all kinds.

use ohinfra_core::schema::REPLACE;

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

/// Expected replacement of a kind with a natural name.
struct Named {
    kind: &'static str,
    /// `true` if two resources exclude each other regardless of their names: every replacement deletes first.
    exclusive: bool,
    /// `true` if AWS refuses to delete the resource while a dependent uses it: a delete-first replacement is refused.
    held: bool,
    /// Inputs that replace the resource under the same name: the replacement deletes first.
    same_name: &'static [&'static str],
    reason: &'static str,
}

const fn named(kind: &'static str, same_name: &'static [&'static str], reason: &'static str) -> Named {
    Named { kind, exclusive: false, held: false, same_name, reason }
}

const fn exclusive(kind: &'static str, same_name: &'static [&'static str], reason: &'static str) -> Named {
    Named { kind, exclusive: true, held: false, same_name, reason }
}

const fn held(kind: &'static str, same_name: &'static [&'static str], reason: &'static str) -> Named {
    Named { kind, exclusive: false, held: true, same_name, reason }
}

/// All kinds with a natural name. A replacement under another name creates first, unless resources are exclusive; one under the
/// same name deletes first. `reason` explains why the replacement can complete, or why AWS would refuse it.
const NAMED: &[Named] = &[
    named("autoscaling.group", &[], "two groups coexist until the old one is deleted"),
    named("backup.selection", &["role_arn", "tag_conditions"], "nothing uses a selection"),
    named("backup.vault", &["kms_key_arn"], "retained: a replacement needs `--replace`, and the old one stays"),
    held("cloudfront.response_headers_policy", &[], "ResponseHeadersPolicyInUse while a distribution uses it"),
    named("cloudwatch.alarm", &[], "nothing uses an alarm"),
    named("cloudwatch.dashboard", &[], "nothing uses a dashboard"),
    named("cognito.identity_provider", &["provider_type"], "a pool has several; the type of an address never changes"),
    exclusive(
        "cognito.managed_login_branding",
        &["user_pool_id"],
        "ManagedLoginBrandingExistsException: one per client",
    ),
    exclusive("cognito.user_pool_domain", &["user_pool_id"], "a pool has one prefix domain"),
    named("ec2.launch_template", &[], "a group is updated to the new one"),
    named("ecr.repository", &[], "images are pushed to the new one before any pull"),
    exclusive("efs.mount_target", &[], "MountTargetConflict: one per zone, regardless of the subnet"),
    named("elbv2.listener", &[], "one per port; deletes first while the load balancer is unknown"),
    named("elbv2.load_balancer", &["scheme"], "the scheme is fixed; its listeners are deleted first"),
    exclusive("elbv2.target", &[], "TooManyTargets: one function per target group"),
    held(
        "elbv2.target_group",
        &["target_type", "protocol", "port", "vpc_id"],
        "ResourceInUse while a listener or a rule forwards to it: the plan refuses another VPC",
    ),
    named("iam.instance_profile", &[], "EC2 does not block the deletion"),
    named("iam.role", &[], "nothing blocks the deletion; dependents are updated to the new one first"),
    named("iam.role_policy", &[], "deleted with its role"),
    named("kms.alias", &[], "a key has several"),
    held(
        "lambda.function",
        &[],
        "replicas of its versions block the deletion for hours; a new function has new versions",
    ),
    named("lambda.permission", &["principal", "source_arn"], "nothing blocks the deletion"),
    named("logs.function_log_groups", &[], "nothing blocks the deletion"),
    named("logs.log_group", &[], "nothing blocks the deletion"),
    named(
        "rds.cluster",
        &["engine", "database_name", "master_username", "subnet_group_name", "storage_encrypted"],
        "holds data: requires consent by address; its instances are deleted first",
    ),
    held(
        "rds.cluster_parameter_group",
        &["family", "description"],
        "blocked while a cluster uses it; a new family has a new name",
    ),
    named("rds.instance", &["cluster_name", "engine"], "a cluster has several; nothing blocks the deletion"),
    named(
        "rds.proxy",
        &["engine_family", "subnet_ids"],
        "nothing blocks the deletion; its target group is deleted first",
    ),
    named("rds.proxy_target_group", &["cluster_name"], "deleted with its proxy"),
    held("rds.subnet_group", &[], "InvalidDBSubnetGroupStateFault while a cluster uses it"),
    named("route53.record", &[], "the type of an address never changes: no CNAME conflicts with another type"),
    named("s3.bucket", &[], "retained or used by name; both coexist"),
    named("s3.bucket_policy", &[], "deleted with its bucket"),
    named("secretsmanager.connection_details", &[], "deleted with its secret"),
    named("secretsmanager.secret", &[], "a deleted secret keeps its name for days and is restored"),
    named("secretsmanager.secret_policy", &[], "deleted with its secret"),
    named("sns.topic", &[], "alarms are updated to the new one first"),
    named(
        "ssm.parameter",
        &["parameter_type"],
        "HierarchyTypeMismatch: another type is another parameter; nothing blocks the deletion",
    ),
    held("wafv2.web_acl", &[], "WAFAssociatedItemException while a distribution uses it"),
];

#[test]
fn replacements_of_named_kinds_complete() {
    let schemas = crate::schemas();
    let with_name: Vec<&Schema> = schemas.iter().filter(|schema| !schema.natural_name.is_empty()).collect();
    let listed: Vec<&str> = NAMED.iter().map(|named| named.kind).collect();
    assert_eq!(with_name.iter().map(|schema| schema.kind).collect::<Vec<_>>(), listed);
    for (schema, expected) in with_name.into_iter().zip(NAMED) {
        let same_name: Vec<&str> =
            schema.inputs_with(REPLACE).filter(|path| !schema.natural_name.contains(path)).collect();
        let found = (schema.exclusive, schema.held, same_name.as_slice());
        assert_eq!(
            found,
            (expected.exclusive, expected.held, expected.same_name),
            "{}: {}",
            schema.kind,
            expected.reason
        );
    }
}
