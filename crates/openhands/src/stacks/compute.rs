//! compute: the instance, its file system, and the load balancer in front of it.

use std::collections::BTreeMap;

use ohinfra_core::tags::Tags;
use ohinfra_core::{Region, Text};
use ohinfra_kinds::autoscaling::GroupInputs;
use ohinfra_kinds::cloudfront::ORIGIN_HEADER;
use ohinfra_kinds::cloudwatch::{Alarm, AlarmInputs};
use ohinfra_kinds::ec2::{LaunchTemplate, LaunchTemplateInputs, Volume};
use ohinfra_kinds::efs::{AccessPoint, AccessPointInputs, FileSystemInputs, MountTarget, MountTargetInputs};
use ohinfra_kinds::elbv2::{
    HealthCheck, Listener, ListenerInputs, ListenerRule, ListenerRuleInputs, LoadBalancerInputs, SettledHeader,
    SettledHeaderInputs, TargetGroup, TargetGroupInputs,
};
use ohinfra_kinds::s3::{Object, ObjectInputs};
use ohinfra_kinds::ssm::{Parameter, ParameterInputs};
use ohinfra_plan::graph::{Handle, Options};
use serde_json::json;

use super::builder::StackBuilder;
use super::database::Database;
use super::images::{self, Images};
use super::monitoring::Monitoring;
use super::security::Security;
use crate::addresses::{ALARM_CPU, ALARM_DISK, ALARM_MEMORY, BALANCER, GROUP, WORKSPACE_FS};
use crate::names::{ALB_DNS_NAME, DATABASE_NAME, DATABASE_PORT, HEALTH_NAMESPACE, Names, ORIGIN_VERIFY_SECRET};
use crate::payload::PayloadError;
use crate::payload::boot::{BUNDLE_PREFIX, BUNDLE_SUFFIX, Boot};
use crate::payload::overlay::SandboxLimits;
use crate::payload::packages::{self, BOOT_BUNDLE};
use crate::policy::{Statement, document, json_text};

/// The health check of the instance itself: an outage of the database or the bucket must not replace instances.
const INSTANCE_HEALTH: &str = "/api/health?scope=instance";

/// The stacks that compute depends on.
pub(super) struct Dependencies<'a> {
    pub(super) monitoring: &'a Monitoring,
    pub(super) security: &'a Security,
    pub(super) database: &'a Database,
}

/// Resources that other stacks reference.
pub(super) struct Compute {
    pub(super) balancer: Handle,
    pub(super) target_user_config: Handle,
    pub(super) rules: Vec<Handle>,
}

struct Workspace {
    file_system: Handle,
    access_point: Handle,
    mount_targets: Vec<Handle>,
}

pub(super) fn build(builder: &mut StackBuilder<'_>, needs: &Dependencies<'_>) -> Result<Compute, PayloadError> {
    let workspace = workspace(builder, needs.security);
    parameters(builder, needs.security);
    let images = images::build(builder)?;
    let boot = boot(builder, needs, &workspace, images.as_ref());
    let parameters = BTreeMap::from([("boot".to_owned(), json_text(&json!(boot)))]);
    let digest = packages::digest(BOOT_BUNDLE, &parameters)?;
    let bundle = builder.add::<Object>(
        "boot-bundle",
        &ObjectInputs {
            bucket_name: needs.monitoring.data_bucket.attribute("name"),
            key_prefix: BUNDLE_PREFIX.to_owned(),
            key_suffix: BUNDLE_SUFFIX.to_owned(),
            package: BOOT_BUNDLE.to_owned(),
            parameters,
            digest,
        },
    );
    let user_data = boot.user_data(bundle.attribute("key"), bundle.attribute("sha256"))?
        // A new database password requires a new instance, which reads it at boot.
        + "# The version of the database user's password: "
        + needs.database.proxy_secret.attribute("version")
        + "\n";
    let template = launch_template(builder, needs.security, user_data);
    let balancer = builder.add_at(
        &BALANCER,
        &LoadBalancerInputs {
            balancer_name: builder.environment.names.regional("alb"),
            scheme: "internet-facing".to_owned(),
            subnet_ids: builder.environment.public_subnets.clone(),
            security_group_ids: vec![needs.security.alb_sg.attribute("id")],
            deletion_protection: builder.configuration.compute.deletion_protection,
            drop_invalid_headers: true,
            idle_timeout_seconds: 60,
        },
        Options { protection_key: Some("compute.deletion_protection"), ..Options::default() },
    );
    let app = target_group(builder, "app", Some((3000, INSTANCE_HEALTH)));
    let runtime = target_group(builder, "runtime", Some((8080, "/health")));
    let target_user_config = target_group(builder, "user-config", None);
    let rules = rules(builder, needs.security, &balancer, [&target_user_config, &runtime, &app]);
    // An instance that starts before the database bootstrap and the proxy target are ready would fail and raise an alarm.
    let mut after = workspace.mount_targets.clone();
    after.extend(needs.database.usable.clone());
    let group = builder.add_at(
        &GROUP,
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
    alarms(builder, needs.monitoring, &group);
    exports(builder, needs.security, &balancer);
    builder.output("alb_dns_name", balancer.attribute("dns_name"));
    builder.output("alb_arn", balancer.attribute("arn"));
    builder.output("asg_name", group.attribute("name"));
    builder.output("workspace_file_system_id", workspace.file_system.attribute("id"));
    Ok(Compute { balancer, target_user_config, rules })
}

fn workspace(builder: &mut StackBuilder<'_>, security: &Security) -> Workspace {
    let backup = || Tags::from([("backup".to_owned(), "true".to_owned())]);
    let mount = Statement::allow(
        "InstanceThroughMountTargets",
        &["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"],
    )
    .principal("AWS", security.instance_role.attribute("arn"))
    .on(["*"])
    .when("Bool", "elasticfilesystem:AccessedViaMountTarget", "true");
    let file_system = builder.add_at(
        &WORKSPACE_FS,
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

fn parameters(builder: &mut StackBuilder<'_>, security: &Security) {
    let prefix = builder.environment.names.prefix.clone();
    let release = builder.configuration.release;
    for (name, value, what) in [
        ("openhands-version", release.version, "The version of OpenHands"),
        ("agent-server-tag", release.agent_server_tag, "The tag of the agent server's image"),
    ] {
        let inputs = plain(format!("/{prefix}/docker/{name}"), what, value);
        builder.add::<Parameter>(&format!("param-{name}"), &inputs);
    }
    let name = format!("/{prefix}/cloudfront/origin-verify-secret");
    let inputs = secure(
        name,
        "Secret header value that identifies CloudFront to the load balancer",
        &security.origin_verify_secret,
    );
    builder.add::<Parameter>("param-origin-verify", &inputs);
}

/// Exports the values that edges in other deployments read, to their region.
fn exports(builder: &mut StackBuilder<'_>, security: &Security, balancer: &Handle) {
    let names = &builder.environment.names;
    let path = |name: &str| Names::export(&names.prefix, &names.region, name);
    let dns = plain(path(ALB_DNS_NAME), "The load balancer of OpenHands", balancer.attribute("dns_name"));
    let secret = secure(
        path(ORIGIN_VERIFY_SECRET),
        "Secret header value that identifies CloudFront to the load balancer",
        &security.origin_verify_secret,
    );
    builder.add_in::<Parameter>(&Region::us_east_1(), "export-alb-dns", &dns);
    builder.add_in::<Parameter>(&Region::us_east_1(), "export-origin-verify", &secret);
}

/// Returns the boot values of an instance.
fn boot(
    builder: &StackBuilder<'_>,
    needs: &Dependencies<'_>,
    workspace: &Workspace,
    images: Option<&Images>,
) -> Boot<Text> {
    let (configuration, names) = (builder.configuration, &builder.environment.names);
    let release = configuration.release;
    let (openhands_repository, openhands_tag) = match images {
        Some(images) => (images.openhands.repository(), images.openhands.tag()),
        None => (Text::from(release.openhands_repository), Text::from(release.openhands_tag)),
    };
    let (agent_server_repository, agent_server_tag) = match images {
        Some(images) => (images.agent_server.repository(), images.agent_server.tag()),
        None => (Text::from(release.agent_server_repository), Text::from(release.agent_server_tag)),
    };
    Boot {
        region: names.region.clone(),
        alert_topic_arn: needs.monitoring.alerts.attribute("arn"),
        log_group_name: needs.monitoring.app_logs.attribute("name"),
        // The launch template contains this name and the group depends on the template, so it cannot be a reference.
        group_name: names.regional("asg"),
        data_bucket: needs.monitoring.data_bucket.attribute("name"),
        file_system_id: workspace.file_system.attribute("id"),
        access_point_id: workspace.access_point.attribute("id"),
        database_secret: needs.database.proxy_secret.attribute("name"),
        database_host: needs.database.proxy.attribute("endpoint"),
        database_port: DATABASE_PORT,
        database_name: DATABASE_NAME.to_owned(),
        sandbox_secret: configuration.sandbox_secret_name(),
        origin_secret: needs.security.origin_verify_secret.attribute("name"),
        user_secrets_key_id: needs.security.user_secrets_key.attribute("id"),
        sandbox_role_arn: needs.security.sandbox_role.attribute("arn"),
        openhands_repository,
        openhands_tag,
        agent_server_repository,
        agent_server_tag,
        model: configuration.models.default.clone(),
        allowed_models: configuration.models.allowed.clone(),
        sandbox: SandboxLimits::from(&configuration.sandbox),
        auto_update: configuration.auto_updates(),
        public_access: configuration.has_public_access(),
        registry: images.map(|images| images.openhands.registry()),
    }
}

fn launch_template(builder: &mut StackBuilder<'_>, security: &Security, user_data: Text) -> Handle {
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
        instance_type: builder.configuration.compute.instance_type.clone(),
        instance_profile_arn: security.instance_profile.attribute("arn"),
        security_group_ids: vec![security.instance_sg.attribute("id")],
        // Containers on bridge networks, such as sandboxes, cannot reach the metadata service.
        hop_limit: 1,
        http_tokens: "required".to_owned(),
        volumes: vec![
            volume("/dev/xvda", builder.configuration.compute.root_volume_gb),
            volume("/dev/sdf", builder.configuration.compute.data_volume_gb),
        ],
        volume_tags: BTreeMap::from([("backup".to_owned(), "true".to_owned())]),
        user_data,
        instance_tags: BTreeMap::from([("Name".to_owned(), names.prefix.clone())]),
    };
    builder.add::<LaunchTemplate>("launch-template", &inputs)
}

fn target_group(builder: &mut StackBuilder<'_>, name: &str, of_instances: Option<(i32, &str)>) -> Handle {
    let vpc_id = builder.environment.vpc_id.clone();
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

fn rules(builder: &mut StackBuilder<'_>, security: &Security, balancer: &Handle, targets: [&Handle; 3]) -> Vec<Handle> {
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
pub(super) fn settle(
    builder: &mut StackBuilder<'_>,
    security: &Security,
    compute: &Compute,
    distributions: Vec<Handle>,
) {
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

fn alarms(builder: &mut StackBuilder<'_>, monitoring: &Monitoring, group: &Handle) {
    let rows = [
        (ALARM_CPU, "cpu", "AWS/EC2", "CPUUtilization", 80.0, None),
        (ALARM_MEMORY, "memory", "CWAgent", "mem_used_percent", 85.0, None),
        (ALARM_DISK, "disk", "CWAgent", "disk_used_percent", 85.0, Some("/data")),
    ];
    for (address, name, namespace, metric, threshold, path) in rows {
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
        builder.add_at(&address, &inputs, Options::default());
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
