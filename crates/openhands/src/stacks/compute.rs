//! compute: the instance, its file system, and the load balancer in front of it.

use std::collections::BTreeMap;

use ohinfra_core::tags::Tags;
use ohinfra_core::{Region, Text};
use ohinfra_kinds::autoscaling::{Group, GroupInputs};
use ohinfra_kinds::cloudwatch::{Alarm, AlarmInputs};
use ohinfra_kinds::ec2::{LaunchTemplate, LaunchTemplateInputs, Volume};
use ohinfra_kinds::efs::{
    AccessPoint, AccessPointInputs, FileSystem, FileSystemInputs, MountTarget, MountTargetInputs,
};
use ohinfra_kinds::elbv2::{
    HealthCheck, Listener, ListenerInputs, ListenerRule, ListenerRuleInputs, LoadBalancer, LoadBalancerInputs,
    SettledHeader, SettledHeaderInputs, TargetGroup, TargetGroupInputs,
};
use ohinfra_kinds::s3::{Object, ObjectInputs};
use ohinfra_kinds::ssm::{Parameter, ParameterInputs};
use ohinfra_plan::graph::{Handle, Options};
use serde_json::json;

use super::Builder;
use super::database::{self, Database};
use super::edge::ORIGIN_HEADER;
use super::images::{self, Images};
use super::monitoring::Monitoring;
use super::security::Security;
use crate::environment::sandbox_secret_name;
use crate::names::{ALB_DNS_NAME, Names, ORIGIN_VERIFY_SECRET};
use crate::payload::PayloadError;
use crate::payload::boot::{BUNDLE_PREFIX, BUNDLE_SUFFIX, Boot};
use crate::payload::overlay::SandboxLimits;
use crate::payload::packages::{self, BOOT_BUNDLE};
use crate::policy::{Statement, document};

/// The namespace of the `Healthy` metric, which the instance publishes.
pub(crate) const HEALTH_NAMESPACE: &str = "OpenHands";

/// The health check of the instance itself: an outage of the database or the bucket must not replace instances.
const INSTANCE_HEALTH: &str = "/api/health?scope=instance";

/// The stacks that compute depends on.
pub(crate) struct Ground<'a> {
    pub(crate) monitoring: &'a Monitoring,
    pub(crate) security: &'a Security,
    pub(crate) database: &'a Database,
}

/// Resources that other stacks reference.
pub(crate) struct Compute {
    pub(crate) balancer: Handle,
    pub(crate) target_user_config: Handle,
    pub(crate) rules: Vec<Handle>,
}

/// Placeholders for references during template rendering, which supports plain strings only.
#[derive(Default)]
struct Placeholders(Vec<Text>);

impl Placeholders {
    fn insert(&mut self, text: Text) -> String {
        if let Some(known) = text.known() {
            return known.to_owned();
        }
        self.0.push(text);
        format!("reference{:03}mark", self.0.len() - 1)
    }

    fn insert_both(&mut self, one: Text, other: Text) -> (String, String) {
        (self.insert(one), self.insert(other))
    }

    /// Replaces the placeholders in a rendered string with their references.
    fn restore(&self, text: &str) -> Text {
        let mut result = Text::default();
        let mut rest = text;
        let names = || self.0.iter().enumerate().map(|(n, text)| (format!("reference{n:03}mark"), text));
        while let Some((at, name, text)) =
            names().filter_map(|(name, text)| Some((rest.find(&name)?, name, text))).min_by_key(|(at, ..)| *at)
        {
            let (before, after) = rest.split_at(at);
            result = result + before + text.clone();
            rest = after.strip_prefix(name.as_str()).unwrap_or_default();
        }
        result + rest
    }
}

struct Workspace {
    file_system: Handle,
    access_point: Handle,
    mount_targets: Vec<Handle>,
}

pub(crate) fn build(builder: &mut Builder<'_>, ground: &Ground<'_>) -> Result<Compute, PayloadError> {
    let workspace = workspace(builder, ground.security);
    parameters(builder, ground.security);
    let mut placeholders = Placeholders::default();
    let images = images::build(builder);
    let boot = boot(builder, ground, &workspace, images.as_ref(), &mut placeholders);
    let boot_text = placeholders.restore(&json!(boot).to_string());
    let bundle = builder.add::<Object>(
        "boot-bundle",
        &ObjectInputs {
            bucket_name: ground.monitoring.data_bucket.attribute("name"),
            key_prefix: BUNDLE_PREFIX.to_owned(),
            key_suffix: BUNDLE_SUFFIX.to_owned(),
            package: BOOT_BUNDLE.to_owned(),
            parameters: BTreeMap::from([("boot".to_owned(), boot_text)]),
            digest: packages::digest(BOOT_BUNDLE),
        },
    );
    let (key, digest) = (placeholders.insert(bundle.attribute("key")), placeholders.insert(bundle.attribute("sha256")));
    let user_data = placeholders.restore(&boot.user_data_of(&key, &digest)?)
        // A new database password requires a new instance, which reads it at boot.
        + "# The version of the database user's password: "
        + ground.database.proxy_secret.attribute("version")
        + "\n";
    let template = launch_template(builder, ground.security, user_data);
    let balancer = builder.add_with::<LoadBalancer>(
        "alb",
        &LoadBalancerInputs {
            balancer_name: builder.environment.names.regional("alb"),
            scheme: "internet-facing".to_owned(),
            subnet_ids: builder.environment.public_subnets.clone(),
            security_group_ids: vec![ground.security.alb_sg.attribute("id")],
            deletion_protection: builder.flag("compute.deletion_protection"),
            drop_invalid_headers: true,
            idle_timeout_seconds: 60,
        },
        Options { protection_key: Some("compute.deletion_protection"), ..Options::default() },
    );
    let app = target_group(builder, "app", Some((3000, INSTANCE_HEALTH)));
    let runtime = target_group(builder, "runtime", Some((8080, "/health")));
    let target_user_config = target_group(builder, "user-config", None);
    let rules = rules(builder, ground.security, &balancer, [&target_user_config, &runtime, &app]);
    // An instance that starts before the database bootstrap and the proxy target are ready would fail and raise an alarm.
    let mut after = workspace.mount_targets.clone();
    after.extend(ground.database.usable.clone());
    let group = builder.add_with::<Group>(
        "asg",
        &GroupInputs {
            group_name: builder.environment.names.regional("asg"),
            template_id: template.attribute("id"),
            template_version: template.attribute("version"),
            size: 1,
            subnet_ids: builder.environment.private_subnets.clone(),
            target_group_arns: vec![app.attribute("arn"), runtime.attribute("arn")],
            health_check_type: "ELB".to_owned(),
            health_check_grace_seconds: 1800,
        },
        Options {
            after,
            tags: Tags::from([("Name".to_owned(), builder.environment.names.prefix.clone())]),
            ..Options::default()
        },
    );
    alarms(builder, ground.monitoring, &group);
    exports(builder, ground.security, &balancer);
    builder.output("alb_dns_name", balancer.attribute("dns_name"));
    builder.output("alb_arn", balancer.attribute("arn"));
    builder.output("asg_name", group.attribute("name"));
    builder.output("workspace_file_system_id", workspace.file_system.attribute("id"));
    Ok(Compute { balancer, target_user_config, rules })
}

fn workspace(builder: &mut Builder<'_>, security: &Security) -> Workspace {
    let backup = || Tags::from([("backup".to_owned(), "true".to_owned())]);
    let mount = Statement::allow(
        "InstanceThroughMountTargets",
        &["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"],
    )
    .principal("AWS", security.instance_role.attribute("arn"))
    .on(["*"])
    .when("Bool", "elasticfilesystem:AccessedViaMountTarget", "true");
    let file_system = builder.add_with::<FileSystem>(
        "workspace-fs",
        &FileSystemInputs {
            encrypted: true,
            performance_mode: "generalPurpose".to_owned(),
            throughput_mode: "bursting".to_owned(),
            transition_to_ia: Some("AFTER_14_DAYS".to_owned()),
            policy: Some(document([mount], &[])),
        },
        Options { retain: true, tags: backup(), ..Options::default() },
    );
    let zones = builder.environment.private_zones.clone();
    let subnets = builder.environment.private_subnets.clone();
    let mount_targets = zones
        .iter()
        .zip(&subnets)
        .map(|(zone, subnet)| {
            builder.add::<MountTarget>(
                &format!("workspace-mount-{zone}"),
                &MountTargetInputs {
                    file_system_id: file_system.attribute("id"),
                    subnet_id: subnet.clone(),
                    security_group_ids: vec![security.efs_sg.attribute("id")],
                },
            )
        })
        .collect();
    let access_point = builder.add::<AccessPoint>(
        "workspace-access-point",
        &AccessPointInputs {
            file_system_id: file_system.attribute("id"),
            path: "/openhands".to_owned(),
            user_id: 0,
            group_id: 0,
            permissions: "0777".to_owned(),
        },
    );
    Workspace { file_system, access_point, mount_targets }
}

fn plain(name: String, description: &str, value: impl Into<Text>) -> ParameterInputs<Text> {
    ParameterInputs {
        parameter_name: name,
        description: description.to_owned(),
        parameter_type: "String".to_owned(),
        value: Some(value.into()),
        secret_arn: None,
        secret_version: None,
    }
}

fn secure(name: String, description: &str, secret: &Handle) -> ParameterInputs<Text> {
    ParameterInputs {
        parameter_name: name,
        description: description.to_owned(),
        parameter_type: "SecureString".to_owned(),
        value: None,
        secret_arn: Some(secret.attribute("arn")),
        secret_version: Some(secret.attribute("version")),
    }
}

fn parameters(builder: &mut Builder<'_>, security: &Security) {
    let prefix = builder.environment.names.prefix.clone();
    let release = builder.configuration.release();
    for (name, value, what) in [
        ("openhands-version", release.version, "The version of OpenHands"),
        ("agent-server-tag", release.agent_server_tag, "The tag of the agent server's image"),
    ] {
        let inputs = plain(format!("/{prefix}/docker/{name}"), what, value);
        builder.add::<Parameter>(&format!("param-{name}"), &inputs);
    }
    let name = format!("/{prefix}/cloudfront/origin-verify-secret");
    let inputs =
        secure(name, "The header value by which the load balancer knows CloudFront", &security.origin_verify_secret);
    builder.add::<Parameter>("param-origin-verify", &inputs);
}

/// Exports the values that edges in other deployments read, to their region.
fn exports(builder: &mut Builder<'_>, security: &Security, balancer: &Handle) {
    let names = &builder.environment.names;
    let path = |name: &str| Names::export(&names.prefix, &names.region, name);
    let dns = plain(path(ALB_DNS_NAME), "The load balancer of OpenHands", balancer.attribute("dns_name"));
    let secret = secure(path(ORIGIN_VERIFY_SECRET), "How it knows CloudFront", &security.origin_verify_secret);
    builder.add_in::<Parameter>(&Region::us_east_1(), "export-alb-dns", &dns);
    builder.add_in::<Parameter>(&Region::us_east_1(), "export-origin-verify", &secret);
}

/// Returns the boot values of an instance, with placeholders for references.
fn boot(
    builder: &Builder<'_>,
    ground: &Ground<'_>,
    workspace: &Workspace,
    images: Option<&Images>,
    placeholders: &mut Placeholders,
) -> Boot {
    let (configuration, names) = (builder.configuration, &builder.environment.names);
    let release = configuration.release();
    let published = (release.openhands_repository.to_owned(), release.openhands_tag.to_owned());
    let (openhands_repository, openhands_tag) = images
        .map_or(published, |images| placeholders.insert_both(images.openhands.repository(), images.openhands.tag()));
    let published = (release.agent_server_repository.to_owned(), release.agent_server_tag.to_owned());
    let (agent_server_repository, agent_server_tag) = images.map_or(published, |images| {
        placeholders.insert_both(images.agent_server.repository(), images.agent_server.tag())
    });
    Boot {
        region: names.region.clone(),
        alert_topic_arn: placeholders.insert(ground.monitoring.alerts.attribute("arn")),
        log_group_name: placeholders.insert(ground.monitoring.app_logs.attribute("name")),
        // The launch template contains this name and the group depends on the template, so it cannot be a reference.
        group_name: names.regional("asg"),
        data_bucket: placeholders.insert(ground.monitoring.data_bucket.attribute("name")),
        file_system_id: placeholders.insert(workspace.file_system.attribute("id")),
        access_point_id: placeholders.insert(workspace.access_point.attribute("id")),
        database_secret: placeholders.insert(ground.database.proxy_secret.attribute("name")),
        database_host: placeholders.insert(ground.database.proxy.attribute("endpoint")),
        database_port: u16::try_from(database::PORT).unwrap_or_default(),
        database_name: database::NAME.to_owned(),
        sandbox_secret: sandbox_secret_name(configuration),
        origin_secret: placeholders.insert(ground.security.origin_verify_secret.attribute("name")),
        user_secrets_key_id: placeholders.insert(ground.security.user_secrets_key.attribute("id")),
        sandbox_role_arn: placeholders.insert(ground.security.sandbox_role.attribute("arn")),
        openhands_repository,
        openhands_tag,
        agent_server_repository,
        agent_server_tag,
        model: configuration.default_model(),
        allowed_models: configuration.allowed_models(),
        sandbox: SandboxLimits::of(configuration),
        auto_update: configuration.auto_updates(),
        public_access: configuration.edges.iter().any(|edge| edge.runtime_access == "public"),
        registry: images.map(|images| placeholders.insert(images.openhands.registry())),
    }
}

fn launch_template(builder: &mut Builder<'_>, security: &Security, user_data: Text) -> Handle {
    // Persistent data is in the database, the bucket and the file system, so the volumes are deleted with the instance.
    let volume = |device_name: &str, size_gb: i32| Volume {
        device_name: device_name.to_owned(),
        size_gb,
        iops: 3000,
        throughput: 125,
        volume_type: "gp3".to_owned(),
        encrypted: true,
        delete_on_termination: true,
    };
    let names = &builder.environment.names;
    let inputs = LaunchTemplateInputs {
        template_name: names.regional("instance"),
        image_id: builder.environment.image_id.clone(),
        instance_type: builder.text("compute.instance_type"),
        instance_profile_arn: security.instance_profile.attribute("arn"),
        security_group_ids: vec![security.instance_sg.attribute("id")],
        // Containers on bridge networks, such as sandboxes, cannot reach the metadata service.
        hop_limit: 1,
        http_tokens: "required".to_owned(),
        volumes: vec![
            volume("/dev/xvda", builder.number("compute.root_volume_gb")),
            volume("/dev/sdf", builder.number("compute.data_volume_gb")),
        ],
        volume_tags: BTreeMap::from([("backup".to_owned(), "true".to_owned())]),
        user_data,
        instance_tags: BTreeMap::from([("Name".to_owned(), names.prefix.clone())]),
    };
    builder.add::<LaunchTemplate>("launch-template", &inputs)
}

fn target_group(builder: &mut Builder<'_>, name: &str, of_instances: Option<(i32, &str)>) -> Handle {
    let vpc_id = builder.configuration.vpc_id.clone();
    let check = |path: &str| HealthCheck {
        path: path.to_owned(),
        status_codes: "200".to_owned(),
        healthy_threshold: 2,
        unhealthy_threshold: 3,
        timeout_seconds: 5,
        interval_seconds: 30,
    };
    let inputs = TargetGroupInputs {
        group_name: builder.environment.names.regional(if name == "user-config" { "cfg" } else { name }),
        target_type: if of_instances.is_some() { "instance" } else { "lambda" }.to_owned(),
        protocol: of_instances.map(|_| "HTTP".to_owned()),
        port: of_instances.map(|(port, _)| port),
        vpc_id: of_instances.map(|_| vpc_id),
        health_check: of_instances.map(|(_, path)| check(path)),
        deregistration_delay_seconds: of_instances.map(|_| 30),
        stickiness: of_instances.map(|_| false),
    };
    builder.add::<TargetGroup>(&format!("target-{name}"), &inputs)
}

fn rules(builder: &mut Builder<'_>, security: &Security, balancer: &Handle, targets: [&Handle; 3]) -> Vec<Handle> {
    let listener = builder.add::<Listener>(
        "listener",
        &ListenerInputs {
            balancer_arn: balancer.attribute("arn"),
            protocol: "HTTP".to_owned(),
            port: 80,
            default_status: "403".to_owned(),
            default_content_type: "text/plain".to_owned(),
            default_body: "Access Denied - Invalid Origin".to_owned(),
        },
    );
    let secret = &security.origin_verify_secret;
    let rows =
        [("user-config", 5, Some("/api/v1/user-config/*")), ("runtime", 10, Some("/runtime/*")), ("app", 20, None)];
    rows.into_iter()
        .zip(targets)
        .map(|((name, priority, path), target)| {
            builder.add::<ListenerRule>(
                &format!("rule-{name}"),
                &ListenerRuleInputs {
                    listener_arn: listener.attribute("arn"),
                    priority,
                    path_pattern: path.map(str::to_owned),
                    header_name: ORIGIN_HEADER.to_owned(),
                    header_secret_arn: secret.attribute("arn"),
                    header_secret_version: secret.attribute("version"),
                    target_group_arn: target.attribute("arn"),
                },
            )
        })
        .collect()
}

/// Completes a rotation: after every distribution sends the new header value, the rules stop accepting the old one. Edges in
/// other deployments are not visible here; with only such edges, the old value stays accepted.
pub(crate) fn settle(builder: &mut Builder<'_>, security: &Security, compute: &Compute, distributions: Vec<Handle>) {
    if distributions.is_empty() {
        return;
    }
    let secret = &security.origin_verify_secret;
    let inputs = SettledHeaderInputs {
        rule_arns: compute.rules.iter().map(|rule| rule.attribute("arn")).collect(),
        header_name: ORIGIN_HEADER.to_owned(),
        header_secret_arn: secret.attribute("arn"),
        header_secret_version: secret.attribute("version"),
    };
    builder.add_after::<SettledHeader>("rules-settled", &inputs, distributions);
}

fn alarms(builder: &mut Builder<'_>, monitoring: &Monitoring, group: &Handle) {
    let rows = [
        ("cpu", "AWS/EC2", "CPUUtilization", 80.0, None),
        ("memory", "CWAgent", "mem_used_percent", 85.0, None),
        ("disk", "CWAgent", "disk_used_percent", 85.0, Some("/data")),
    ];
    for (name, namespace, metric, threshold, path) in rows {
        let mut dimensions = BTreeMap::from([("AutoScalingGroupName".to_owned(), group.attribute("name"))]);
        dimensions.extend(path.map(|path| ("path".to_owned(), Text::from(path))));
        let inputs = AlarmInputs {
            alarm_name: builder.environment.names.regional(&format!("{name}-high")),
            description: format!("OpenHands: {metric} is above {threshold} %"),
            namespace: namespace.to_owned(),
            metric_name: metric.to_owned(),
            statistic: "Average".to_owned(),
            dimensions,
            period_seconds: 300,
            evaluation_periods: 2,
            threshold,
            comparison: "GreaterThanThreshold".to_owned(),
            treat_missing_data: "notBreaching".to_owned(),
            action_arns: vec![monitoring.alerts.attribute("arn")],
        };
        builder.add::<Alarm>(&format!("alarm-{name}"), &inputs);
    }
    // The instance publishes every minute; missing data means unhealthy. A replacement takes less than ten minutes.
    let inputs = AlarmInputs {
        alarm_name: builder.environment.names.regional("unhealthy"),
        description:
            "OpenHands is not healthy: the application, the database, the bucket, docker or the routing failed"
                .to_owned(),
        namespace: HEALTH_NAMESPACE.to_owned(),
        metric_name: "Healthy".to_owned(),
        statistic: "Maximum".to_owned(),
        dimensions: BTreeMap::from([("AutoScalingGroupName".to_owned(), group.attribute("name"))]),
        period_seconds: 60,
        evaluation_periods: 10,
        threshold: 1.0,
        comparison: "LessThanThreshold".to_owned(),
        treat_missing_data: "breaching".to_owned(),
        action_arns: vec![monitoring.alerts.attribute("arn")],
    };
    builder.add::<Alarm>("alarm-health", &inputs);
}

#[cfg(test)]
mod tests {
    use ohinfra_core::text::Part;

    use super::*;

    #[test]
    fn placeholders_are_restored_to_references() {
        let reference = |n: u8| -> Text {
            let resource = format!("a/b{n}").parse().unwrap();
            ohinfra_core::Reference { resource, attribute: "id".to_owned() }.into()
        };
        let mut placeholders = Placeholders::default();
        let (one, two) = (placeholders.insert(reference(1)), placeholders.insert(reference(2)));
        assert_eq!(placeholders.insert(Text::from("known")), "known");
        let text = placeholders.restore(&format!("x={two} y={one} {two}"));
        assert_eq!(text, Text::from("x=") + reference(2) + " y=" + reference(1) + " " + reference(2));
        assert!(text.parts().iter().all(|part| !matches!(part, Part::Literal(text) if text.contains("mark"))));
    }
}
