//! monitoring: logs, alerts, the data bucket, the dashboard and the daily backup.

use ohinfra_core::Text;
use ohinfra_core::tags::Ownership;
use ohinfra_kinds::backup::{Plan, PlanInputs, PlanRule, Selection, SelectionInputs, TagCondition, Vault, VaultInputs};
use ohinfra_kinds::cloudwatch::{Dashboard, DashboardInputs};
use ohinfra_kinds::iam::{Role, RoleInputs};
use ohinfra_kinds::logs::{LogGroup, LogGroupInputs};
use ohinfra_kinds::s3::{Bucket, BucketInputs, BucketPolicy, BucketPolicyInputs, LifecycleRule};
use ohinfra_kinds::sns::{Topic, TopicInputs};
use ohinfra_plan::graph::{Handle, Options};
use serde_json::{Value, json};

use super::builder::StackBuilder;
use crate::addresses::{ALARM_CPU, ALARM_DISK, ALARM_MEMORY, BALANCER, CLUSTER, GROUP};
use crate::policy::{Statement, document, json_text, trust_service};

/// Resources that other stacks reference.
pub(super) struct Monitoring {
    pub(super) app_logs: Handle,
    pub(super) alerts: Handle,
    pub(super) data_bucket: Handle,
}

pub(super) fn build(builder: &mut StackBuilder<'_>) -> Monitoring {
    let (configuration, names) = (builder.configuration, &builder.environment.names);
    let app_logs = builder.add_retained::<LogGroup>(
        "app-logs",
        &LogGroupInputs {
            log_group_name: format!("/{}/application", names.prefix),
            retention_days: configuration.monitoring.log_retention_days,
            kms_key_arn: None,
        },
    );
    let alerts = builder.add::<Topic>(
        "alerts",
        &TopicInputs {
            topic_name: names.regional("alerts"),
            display_name: "OpenHands Alerts".to_owned(),
            email_subscriptions: configuration.monitoring.alarm_emails.clone(),
            kms_key_id: None,
        },
    );
    let data_bucket = data_bucket(builder);
    let dashboard = dashboard(builder, &app_logs, &alerts);
    backup(builder);
    let region = &builder.environment.names.region;
    let url = format!("https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#dashboards/dashboard/");
    builder.output("log_group_name", app_logs.attribute("name"));
    builder.output("alert_topic_arn", alerts.attribute("arn"));
    builder.output("dashboard_url", Text::from(url) + dashboard.attribute("name"));
    builder.output("data_bucket_name", data_bucket.attribute("name"));
    Monitoring { app_logs, alerts, data_bucket }
}

fn data_bucket(builder: &mut StackBuilder<'_>) -> Handle {
    let default_name = builder.environment.names.data_bucket();
    let bucket = builder.add_retained::<Bucket>(
        "data-bucket",
        &BucketInputs {
            bucket_name: builder.configuration.monitoring.data_bucket_name.clone().unwrap_or(default_name),
            encryption: "AES256".to_owned(),
            kms_key_id: None,
            versioning: true,
            block_public_access: true,
            object_ownership: "BucketOwnerEnforced".to_owned(),
            lifecycle_rules: vec![LifecycleRule {
                id: "CleanupOldVersions".to_owned(),
                noncurrent_expiration_days: Some(30),
                abort_multipart_upload_days: Some(7),
            }],
        },
    );
    let deny_plain_http = Statement::deny("DenyInsecureTransport", &["s3:*"])
        .principal("AWS", "*")
        .on([bucket.attribute("arn"), bucket.attribute("arn") + "/*"])
        .when("Bool", "aws:SecureTransport", "false");
    builder.add::<BucketPolicy>(
        "data-bucket-policy",
        &BucketPolicyInputs { bucket_name: bucket.attribute("name"), document: document([deny_plain_http], &[]) },
    );
    bucket
}

/// Returns a dashboard graph of one or more metrics.
fn graph(at: (i32, i32), region: &str, title: &str, stat: &str, metrics: &[Value]) -> Value {
    json!({
        "type": "metric", "x": at.0, "y": at.1, "width": 8, "height": 6,
        "properties": {
            "title": title, "region": region, "stat": stat, "period": 300, "view": "timeSeries", "metrics": metrics,
        },
    })
}

/// Adds the dashboard for operators.
fn dashboard(builder: &mut StackBuilder<'_>, app_logs: &Handle, alerts: &Handle) -> Handle {
    let names = &builder.environment.names;
    let ownership = Ownership { deployment: builder.configuration.name.clone(), address: builder.address("dashboard") };
    // An invisible Markdown comment that marks ownership, because dashboards do not support tags.
    let title = format!("# {}\n\n[//]: # ({})", builder.configuration.site_name, ownership.marker());
    let query = Text::from("SOURCE '")
        + app_logs.attribute("name")
        + "' | fields @timestamp, @message | filter @message like /(?i)error/ | sort @timestamp desc | limit 50";
    let group = GROUP.attribute("name");
    let balancer = BALANCER.attribute("full_name");
    let cluster = CLUSTER.attribute("name");
    let alarms: Vec<Text> = [ALARM_CPU, ALARM_MEMORY, ALARM_DISK].map(|alarm| alarm.attribute("arn")).into();
    let of_group = |namespace: &str, metric: &str| json!([namespace, metric, "AutoScalingGroupName", group]);
    let of_balancer = |metric: &str| json!(["AWS/ApplicationELB", metric, "LoadBalancer", balancer]);
    let of_cluster = |metric: &str| json!(["AWS/RDS", metric, "DBClusterIdentifier", cluster]);
    let disk = json!(["CWAgent", "disk_used_percent", "AutoScalingGroupName", group, "path", "/data"]);
    let region = &names.region;
    let widgets = vec![
        json!({ "type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": { "markdown": title } }),
        json!({
            "type": "alarm", "x": 0, "y": 2, "width": 24, "height": 2,
            "properties": { "title": "Alarms", "alarms": alarms },
        }),
        graph((0, 4), region, "CPU", "Average", &[of_group("AWS/EC2", "CPUUtilization")]),
        graph((8, 4), region, "Memory", "Average", &[of_group("CWAgent", "mem_used_percent")]),
        graph((16, 4), region, "Disk /data", "Average", &[disk]),
        graph((0, 10), region, "Requests", "Sum", &[of_balancer("RequestCount")]),
        graph(
            (8, 10),
            region,
            "Errors",
            "Sum",
            &[of_balancer("HTTPCode_Target_5XX_Count"), of_balancer("HTTPCode_ELB_5XX_Count")],
        ),
        graph((16, 10), region, "Response time", "Average", &[of_balancer("TargetResponseTime")]),
        graph((0, 16), region, "Aurora capacity units", "Average", &[of_cluster("ServerlessDatabaseCapacity")]),
        graph((8, 16), region, "Aurora connections", "Average", &[of_cluster("DatabaseConnections")]),
        graph(
            (16, 16),
            region,
            "Alerts sent",
            "Sum",
            &[json!(["AWS/SNS", "NumberOfMessagesPublished", "TopicName", alerts.attribute("name")])],
        ),
        json!({
            "type": "log", "x": 0, "y": 22, "width": 24, "height": 6,
            "properties": { "title": "Errors of the application", "region": region, "query": query, "view": "table" },
        }),
    ];
    let body = json!({ "widgets": widgets });
    // Dashboard names are shared by all regions of an account.
    let dashboard_name = format!("{}-{}-Monitoring", names.title(), names.region);
    builder.add::<Dashboard>("dashboard", &DashboardInputs { dashboard_name, body: json_text(&body) })
}

fn backup(builder: &mut StackBuilder<'_>) {
    let environment = builder.environment;
    let names = &environment.names;
    // AWS Backup expires and deletes recovery points with the role that created them, so the role is retained with them. A purge
    // deletes the vault first.
    let role = builder.add_retained::<Role>(
        "backup-role",
        &RoleInputs {
            role_name: names.global("backup"),
            description: "AWS Backup for OpenHands".to_owned(),
            assume_role_policy: trust_service("backup.amazonaws.com"),
            managed_policy_arns: vec![format!(
                "arn:{}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
                environment.partition
            )],
            max_session_seconds: None,
        },
    );
    let vault = builder.add_with::<Vault>(
        "backup-vault",
        &VaultInputs { vault_name: names.regional("backup"), kms_key_arn: None },
        Options { retain: true, after: vec![role.clone()], ..Options::default() },
    );
    let plan = builder.add::<Plan>(
        "backup-plan",
        &PlanInputs {
            plan_name: format!("{}-Daily-Backup", names.title()),
            rules: vec![PlanRule {
                rule_name: "DailyBackup".to_owned(),
                vault_name: vault.attribute("name"),
                schedule: "cron(0 3 * * ? *)".to_owned(),
                start_window_minutes: 60,
                completion_window_minutes: 120,
                delete_after_days: 14,
            }],
        },
    );
    builder.add::<Selection>(
        "backup-selection",
        &SelectionInputs {
            plan_id: plan.attribute("id"),
            selection_name: format!("{}-EBS-Selection", names.title()),
            role_arn: role.attribute("arn"),
            tag_conditions: vec![TagCondition { key: "backup".to_owned(), value: "true".to_owned() }],
        },
    );
}
