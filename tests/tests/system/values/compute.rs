//! Values of the compute stack: the instance, the load balancer, alarms and parameters.

use serde_json::{Value, json};

use super::platform::{EDGE, by, holds};
use super::{Deployment, sorted};

pub(super) fn instance(d: &Deployment) {
    let template = json!({ "LaunchTemplateId": d.id("compute/launch-template"), "Versions": ["$Latest"] });
    let template = d.call("ec2", "describe_launch_template_versions", template)["LaunchTemplateVersions"][0].clone();
    let data = &template["LaunchTemplateData"];
    let disk = |device: &str, size: u32| {
        json!({ "DeviceName": device, "Ebs": {
            "VolumeSize": size, "VolumeType": "gp3", "Encrypted": true, "DeleteOnTermination": true,
        } })
    };
    let expected = json!({
        "InstanceType": "m7g.xlarge",
        "SecurityGroupIds": [d.id("security/instance-sg")],
        "MetadataOptions": { "HttpTokens": "required", "HttpPutResponseHopLimit": 1 },
    });
    holds("template", data, &expected);
    let disks = by("DeviceName", &data["BlockDeviceMappings"]);
    holds("disks", &disks, &json!([disk("/dev/sdf", 100), disk("/dev/xvda", 30)]));
    holds("root disk", &disks[1]["Ebs"], &json!({ "Iops": 3000, "Throughput": 125 }));
    let volumes = data["TagSpecifications"].as_array().unwrap().iter().find(|t| t["ResourceType"] == "volume").unwrap();
    assert!(volumes["Tags"].as_array().unwrap().contains(&json!({ "Key": "backup", "Value": "true" })));
    assert!(data["UserData"].as_str().is_some_and(|data| (1..=16 * 1024).contains(&data.len())));

    let found = &d.call("autoscaling", "describe_auto_scaling_groups", json!({}))["AutoScalingGroups"];
    let expected = json!([{
        "MinSize": 1,
        "MaxSize": 1,
        "DesiredCapacity": 1,
        "HealthCheckType": "ELB",
        "HealthCheckGracePeriod": 1800,
        "LaunchTemplate": {
            "LaunchTemplateId": d.id("compute/launch-template"),
            "Version": template["VersionNumber"].to_string(),
        },
    }]);
    holds("groups", found, &expected);
    let zones: Vec<&str> = found[0]["VPCZoneIdentifier"].as_str().unwrap().split(',').collect();
    assert_eq!(sorted(&json!(zones)), sorted(&d.account.fixture["private_subnets"]));
    let targets = ["compute/target-app", "compute/target-runtime"].map(|address| d.id(address));
    assert_eq!(sorted(&found[0]["TargetGroupARNs"]), sorted(&json!(targets)));
}

pub(super) fn load_balancer(d: &Deployment) {
    let arn = d.id("compute/alb");
    let found = &d.call("elbv2", "describe_load_balancers", json!({}))["LoadBalancers"];
    let expected = json!([{
        "LoadBalancerArn": arn,
        "Scheme": "internet-facing",
        "Type": "application",
        "SecurityGroups": [d.id("security/alb-sg")],
    }]);
    holds("load balancers", found, &expected);
    let zones = found[0]["AvailabilityZones"].as_array().unwrap();
    let subnets: Vec<&Value> = zones.iter().map(|zone| &zone["SubnetId"]).collect();
    assert_eq!(sorted(&json!(subnets)), sorted(&d.account.fixture["public_subnets"]));
    let attributes = d.call("elbv2", "describe_load_balancer_attributes", json!({ "LoadBalancerArn": arn }));
    let set = |key: &str, value: &str| {
        assert!(
            attributes["Attributes"].as_array().unwrap().contains(&json!({ "Key": key, "Value": value })),
            "{key}: {attributes:#}"
        );
    };
    set("deletion_protection.enabled", "false");
    set("routing.http.drop_invalid_header_fields.enabled", "true");
    set("idle_timeout.timeout_seconds", "60");

    for (address, port, path) in [("app", 3000, "/api/health?scope=instance"), ("runtime", 8080, "/health")] {
        let arn = d.id(&format!("compute/target-{address}")).to_owned();
        let groups = d.call("elbv2", "describe_target_groups", json!({ "TargetGroupArns": [arn] }));
        let expected = json!([{
            "Protocol": "HTTP",
            "Port": port,
            "TargetType": "instance",
            "VpcId": d.account.fixture("vpc_id"),
            "HealthCheckPath": path,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 3,
            "HealthCheckTimeoutSeconds": 5,
            "HealthCheckIntervalSeconds": 30,
        }]);
        holds(address, &groups["TargetGroups"], &expected);
        let attributes = d.call("elbv2", "describe_target_group_attributes", json!({ "TargetGroupArn": arn }));
        let attributes = attributes["Attributes"].as_array().unwrap();
        for (key, value) in [("deregistration_delay.timeout_seconds", "30"), ("stickiness.enabled", "false")] {
            assert!(attributes.contains(&json!({ "Key": key, "Value": value })), "{key}: {attributes:?}");
        }
    }
    let arn = d.id("compute/target-user-config");
    let groups = d.call("elbv2", "describe_target_groups", json!({ "TargetGroupArns": [arn] }));
    assert_eq!(groups["TargetGroups"][0]["TargetType"], "lambda");
    let health = d.call("elbv2", "describe_target_health", json!({ "TargetGroupArn": arn }));
    let function = d.attribute("user-config/function", "arn");
    holds("targets", &health["TargetHealthDescriptions"], &json!([{ "Target": { "Id": function } }]));

    let listeners = d.call("elbv2", "describe_listeners", json!({ "LoadBalancerArn": d.id("compute/alb") }));
    let expected = json!([{
        "Protocol": "HTTP",
        "Port": 80,
        "DefaultActions": [{ "Type": "fixed-response", "FixedResponseConfig": {
            "StatusCode": "403",
            "ContentType": "text/plain",
            "MessageBody": "Access Denied - Invalid Origin",
        } }],
    }]);
    holds("listeners", &listeners["Listeners"], &expected);
    let secret = d.secret("openhands/cloudfront/origin-verify");
    let rules = d.call("elbv2", "describe_rules", json!({ "ListenerArn": d.id("compute/listener") }));
    let header = json!({ "HttpHeaderName": "X-Origin-Verify", "Values": [secret] });
    let expected = [
        ("5", Some("/api/v1/user-config/*"), "compute/target-user-config"),
        ("10", Some("/runtime/*"), "compute/target-runtime"),
        ("20", None, "compute/target-app"),
    ];
    let rules = rules["Rules"].as_array().unwrap();
    assert_eq!(rules.len(), 4, "expected three rules and the default rule");
    for (priority, path, target) in expected {
        let rule = rules.iter().find(|rule| rule["Priority"] == priority).unwrap();
        holds("actions", &rule["Actions"], &json!([{ "Type": "forward", "TargetGroupArn": d.id(target) }]));
        let conditions = by("Field", &rule["Conditions"]);
        let with_header = json!({ "Field": "http-header", "HttpHeaderConfig": header });
        let expected = match path {
            Some(path) => {
                json!([with_header, { "Field": "path-pattern", "PathPatternConfig": { "Values": [path] } }])
            }
            None => json!([with_header]),
        };
        holds("conditions", &conditions, &expected);
    }
}

pub(super) fn alarms_and_parameters(d: &Deployment) {
    let found = by("MetricName", &d.call("cloudwatch", "describe_alarms", json!({}))["MetricAlarms"]);
    let alarm = |namespace: &str, metric: &str, threshold: f64| {
        json!({
            "Namespace": namespace,
            "MetricName": metric,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "Statistic": "Average",
            "Period": 300,
            "EvaluationPeriods": 2,
            "TreatMissingData": "notBreaching",
            "AlarmActions": [d.id("monitoring/alerts")],
        })
    };
    let expected = json!([
        alarm("AWS/EC2", "CPUUtilization", 80.0),
        {
            "Namespace": "OpenHands",
            "MetricName": "Healthy",
            "Threshold": 1.0,
            "ComparisonOperator": "LessThanThreshold",
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 10,
            "TreatMissingData": "breaching",
            "AlarmActions": [d.id("monitoring/alerts")],
        },
        alarm("CWAgent", "disk_used_percent", 85.0),
        alarm("CWAgent", "mem_used_percent", 85.0),
    ]);
    holds("alarms", &found, &expected);
    let group = json!({ "Name": "AutoScalingGroupName", "Value": d.id("compute/asg") });
    for alarm in found.as_array().unwrap() {
        let dimensions = alarm["Dimensions"].as_array().unwrap();
        assert!(dimensions.contains(&group), "{dimensions:?}");
        let path = dimensions.contains(&json!({ "Name": "path", "Value": "/data" }));
        assert_eq!(path, alarm["MetricName"] == "disk_used_percent");
    }
    let secret = d.secret("openhands/cloudfront/origin-verify");
    let dns = d.attribute("compute/alb", "dns_name");
    let expected = [
        ("us-west-2", "/openhands/docker/openhands-version", "String", "1.11.0"),
        ("us-west-2", "/openhands/docker/agent-server-tag", "String", "1.34.0-python"),
        ("us-west-2", "/openhands/cloudfront/origin-verify-secret", "SecureString", &secret),
        (EDGE, "/openhands/compute/us-west-2/alb-dns-name", "String", dns),
        (EDGE, "/openhands/compute/us-west-2/origin-verify-secret", "SecureString", &secret),
    ];
    for (region, name, kind, value) in expected {
        let parameter = json!({ "Name": name, "WithDecryption": true });
        let found = d.account.call_in(region, "ssm", "get_parameter", parameter).unwrap();
        holds(name, &found["Parameter"], &json!({ "Type": kind, "Value": value }));
    }
}
