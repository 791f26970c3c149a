//! An update of an alarm or a role keeps unmanaged settings.

use ohinfra_core::Provider;
use ohinfra_core::Region;
use ohinfra_core::contract::{Live, ResourceKind, Subject, Update};
use ohinfra_core::inputs::Inputs;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::{Ownership, Tags};
use ohinfra_tests::Account;
use ohinfra_tests::account::REGION;
use serde_json::{Value, json};

use super::connection;

pub(super) fn inputs_of(value: &Value) -> Inputs {
    value.as_object().unwrap().clone()
}

/// Creates a resource, changes it outside ohinfra, and then updates one input.
async fn updated(provider: &Provider, kind: &str, inputs: &Value, outside: impl FnOnce(&str), field: &str, to: Value) {
    let (_, kind) = provider.find_kind(kind).unwrap();
    let subject = Subject {
        ownership: Ownership { deployment: "test".to_owned(), address: "a/kept".parse().unwrap() },
        region: Region::new(REGION).unwrap(),
        token: "0".repeat(32),
        attempted: false,
        except: Vec::new(),
    };
    let id = kind.create(&subject, inputs_of(inputs)).await.unwrap().id;
    outside(&id);
    let mut desired = inputs.clone();
    desired[field] = to;
    update(kind.as_ref(), &subject, &id, &desired, field).await;
}

/// Updates one input of a live resource.
pub(super) async fn update(kind: &dyn ResourceKind, subject: &Subject, id: &str, desired: &Value, field: &str) {
    let ids = [id.to_owned()];
    let live: Vec<Option<Live>> = kind.read(&subject.region, &ids, KnownTags::NONE).await.unwrap();
    let update = Update {
        desired: inputs_of(desired),
        live: live[0].clone().unwrap().inputs,
        changed: vec![field.to_owned()],
        tags_to_set: Tags::new(),
        tags_to_remove: Vec::new(),
    };
    kind.update(subject, id, update).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_of_an_alarm_keeps_unmanaged_actions_and_settings() {
    let account = Account::new().unwrap();
    let provider = ohinfra::provider(&connection(&account).await);
    let topic = |name: &str| format!("arn:aws:sns:{REGION}:{}:{name}", account.id);
    let inputs = json!({
        "alarm_name": "kept", "description": "one", "namespace": "AWS/EC2", "metric_name": "CPUUtilization",
        "statistic": "Average", "dimensions": { "AutoScalingGroupName": "a" }, "period_seconds": 300,
        "evaluation_periods": 3, "threshold": 80.0, "comparison": "GreaterThanThreshold",
        "treat_missing_data": "notBreaching", "action_arns": [topic("ours")],
    });
    // All parameters of PutMetricAlarm for an alarm on one metric that are not inputs.
    let others = json!({
        "ActionsEnabled": false, "OKActions": [topic("ok")], "InsufficientDataActions": [topic("no-data")],
        "DatapointsToAlarm": 2, "Unit": "Percent",
    });
    let outside = |id: &str| {
        let mut alarm = json!({
            "AlarmName": id, "AlarmDescription": "one", "Namespace": "AWS/EC2", "MetricName": "CPUUtilization",
            "Statistic": "Average", "Dimensions": [{ "Name": "AutoScalingGroupName", "Value": "a" }], "Period": 300,
            "EvaluationPeriods": 3, "Threshold": 80.0, "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching", "AlarmActions": [topic("ours")],
        });
        alarm.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
        account.call("cloudwatch", "put_metric_alarm", alarm).unwrap();
    };
    updated(&provider, "cloudwatch.alarm", &inputs, outside, "threshold", json!(90.0)).await;
    let alarms = account.call("cloudwatch", "describe_alarms", json!({ "AlarmNames": ["kept"] })).unwrap();
    let alarm = &alarms["MetricAlarms"][0];
    assert_eq!(alarm["Threshold"], 90.0);
    for (member, value) in others.as_object().unwrap() {
        assert_eq!(&alarm[member], value, "{member}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_of_a_role_keeps_a_session_duration_that_is_not_configured() {
    let account = Account::new().unwrap();
    let provider = ohinfra::provider(&connection(&account).await);
    let statement =
        json!({ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" });
    let trust = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let inputs =
        json!({ "role_name": "kept", "description": "one", "assume_role_policy": trust, "managed_policy_arns": [] });
    let outside = |id: &str| {
        let role = json!({ "RoleName": id, "Description": "one", "MaxSessionDuration": 7200 });
        account.call("iam", "update_role", role).unwrap();
    };
    updated(&provider, "iam.role", &inputs, outside, "description", json!("two")).await;
    let role = account.call("iam", "get_role", json!({ "RoleName": "kept" })).unwrap();
    assert_eq!((&role["Role"]["Description"], &role["Role"]["MaxSessionDuration"]), (&json!("two"), &json!(7200)));
}
