//! Cases for the kinds of the platform: database, compute, functions, login and edge.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ohinfra_core::package::Packages as _;
use ohinfra_core::secret::sha256;
use ohinfra_openhands::payload::packages::{ORIGIN_RESPONSE, OpenHandsPackages};
use ohinfra_tests::Account;
use ohinfra_tests::account::REGION;
use serde_json::{Value, json};

use super::{Fixtures, Tested};

/// The resources that these cases refer to.
pub(super) struct Platform {
    pub(super) login: String,
    pub(super) login_client: String,
    pub(super) header: String,
    pub(super) balancer: String,
    pub(super) listener: String,
    pub(super) group: String,
    pub(super) other_group: String,
    pub(super) function_group: String,
    pub(super) rule: String,
    pub(super) template: String,
    pub(super) function: String,
    pub(super) code_sha256: String,
    pub(super) cluster: String,
    pub(super) instance_cluster: String,
    pub(super) proxy: String,
    pub(super) file_system: String,
    pub(super) pool: String,
    pub(super) client: String,
    pub(super) certificate: String,
    pub(super) policy: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text in {value}")).to_owned()
}

/// The code of the function in the fixtures.
const EMPTY_ZIP: &str = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==";

/// Creates the validation records of a certificate. AWS provides them shortly after the request.
fn prove(account: &Account, certificate: &str) {
    let records = loop {
        let inputs = json!({ "CertificateArn": certificate });
        let described = account.call_in("us-east-1", "acm", "describe_certificate", inputs).unwrap();
        let options = described["Certificate"]["DomainValidationOptions"].as_array().unwrap().clone();
        let records: Vec<Value> = options.iter().map(|option| option["ResourceRecord"].clone()).collect();
        if !records.iter().any(Value::is_null) {
            break records;
        }
    };
    let change = |record: &Value| {
        let values = json!([{ "Value": record["Value"] }]);
        let set = json!({ "Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": values });
        json!({ "Action": "UPSERT", "ResourceRecordSet": set })
    };
    let batch = json!({ "Changes": records.iter().map(change).collect::<Vec<_>>() });
    let inputs = json!({ "HostedZoneId": account.fixture("hosted_zone_id"), "ChangeBatch": batch });
    account.call("route53", "change_resource_record_sets", inputs).unwrap();
}

pub(super) fn fixtures(account: &Account, fixtures: &Fixtures) -> Platform {
    let one = |service: &str, operation: &str, parameters: Value| {
        let answer = account.call(service, operation, parameters).unwrap();
        assert!(answer.get("error").is_none(), "{service} {operation}: {answer}");
        answer
    };
    let secret = |name: &str, value: &str| {
        text(&one("secretsmanager", "create_secret", json!({ "Name": name, "SecretString": value }))["ARN"])
    };
    let login = secret("fixtures/login", r#"{"username":"fixtures","password":"a-good-password"}"#);
    let login_client = secret("fixtures/login-client", r#"{"client_secret":"a-client-secret"}"#);
    let header = secret("fixtures/header", "0123456789abcdef0123456789abcdef");
    let subnets = account.fixture["public_subnets"].clone();
    let balancer = one("elbv2", "create_load_balancer", json!({ "Name": "fixtures", "Subnets": subnets }));
    let balancer = text(&balancer["LoadBalancers"][0]["LoadBalancerArn"]);
    let group = |name: &str| {
        let inputs = json!({ "Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": fixtures.vpc });
        text(&one("elbv2", "create_target_group", inputs)["TargetGroups"][0]["TargetGroupArn"])
    };
    let (first, second) = (group("fixtures-1"), group("fixtures-2"));
    let inputs = json!({ "Name": "fixtures-3", "TargetType": "lambda" });
    let function_group = text(&one("elbv2", "create_target_group", inputs)["TargetGroups"][0]["TargetGroupArn"]);
    let answer = json!([{ "Type": "fixed-response", "FixedResponseConfig": { "StatusCode": "403" } }]);
    let inputs = json!({ "LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": answer });
    let listener = text(&one("elbv2", "create_listener", inputs)["Listeners"][0]["ListenerArn"]);
    let values = json!(["fedcba9876543210fedcba9876543210", "0123456789abcdef0123456789abcdef"]);
    let header_condition =
        json!({ "Field": "http-header", "HttpHeaderConfig": { "HttpHeaderName": "X-A", "Values": values } });
    let rule = json!({
        "ListenerArn": listener, "Priority": 90, "Conditions": [header_condition],
        "Actions": [{ "Type": "forward", "TargetGroupArn": first }],
    });
    let rule = text(&one("elbv2", "create_rule", rule)["Rules"][0]["RuleArn"]);
    let data = json!({ "ImageId": "ami-12345678", "InstanceType": "t3.micro" });
    let inputs = json!({ "LaunchTemplateName": "fixtures", "LaunchTemplateData": data });
    let template = text(&one("ec2", "create_launch_template", inputs.clone())["LaunchTemplate"]["LaunchTemplateId"]);
    let inputs = json!({ "LaunchTemplateId": template, "LaunchTemplateData": data });
    one("ec2", "create_launch_template_version", inputs);
    let function = json!({
        "FunctionName": "fixtures", "Role": fixtures.role_arn, "Runtime": "python3.12", "Handler": "a.b",
        "Code": { "ZipFile": { "$base64": EMPTY_ZIP } },
    });
    // Lambda may not accept the new role immediately.
    let function = loop {
        let created = account.call("lambda", "create_function", function.clone()).unwrap();
        if created.get("error") != Some(&json!("InvalidParameterValueException")) {
            break created;
        }
    };
    let (function, code_sha256) = (text(&function["FunctionArn"]), text(&function["CodeSha256"]));
    let private = account.fixture["private_subnets"].clone();
    let inputs =
        json!({ "DBSubnetGroupName": "fixtures", "DBSubnetGroupDescription": "fixtures", "SubnetIds": private });
    one("rds", "create_db_subnet_group", inputs);
    let inputs = json!({
        "DBClusterParameterGroupName": "fixtures", "DBParameterGroupFamily": "aurora-postgresql15", "Description": "fixtures",
    });
    one("rds", "create_db_cluster_parameter_group", inputs);
    let cluster = |name: &str| {
        let inputs = json!({
            "DBClusterIdentifier": name, "Engine": "aurora-postgresql", "EngineVersion": "15.8", "DatabaseName": "a",
            "MasterUsername": "fixtures", "MasterUserPassword": "a-good-password", "DBSubnetGroupName": "fixtures",
            "EnableHttpEndpoint": true,
        });
        text(&one("rds", "create_db_cluster", inputs)["DBCluster"]["DBClusterArn"])
    };
    let (cluster, _) = (cluster("fixtures"), cluster("fixtures-2"));
    // A cluster for SQL statements.
    let inputs = json!({
        "DBInstanceIdentifier": "fixtures", "DBClusterIdentifier": "fixtures", "Engine": "aurora-postgresql",
        "DBInstanceClass": "db.serverless",
    });
    one("rds", "create_db_instance", inputs);
    let proxy = json!({
        "DBProxyName": "fixtures", "EngineFamily": "POSTGRESQL", "RoleArn": fixtures.role_arn, "VpcSubnetIds": private,
        "Auth": [{ "AuthScheme": "SECRETS", "SecretArn": login }],
    });
    one("rds", "create_db_proxy", proxy);
    let file_system = text(&one("efs", "create_file_system", json!({ "CreationToken": "fixtures" }))["FileSystemId"]);
    let pool = text(&one("cognito-idp", "create_user_pool", json!({ "PoolName": "fixtures" }))["UserPool"]["Id"]);
    let inputs = json!({ "UserPoolId": pool, "ClientName": "fixtures", "GenerateSecret": true });
    let client = text(&one("cognito-idp", "create_user_pool_client", inputs)["UserPoolClient"]["ClientId"]);
    // The certificate covers all aliases in the case of the distribution.
    let names = ["a", "b"].map(|name| format!("{name}-{}.example.com", account.id));
    let others = [names[1].clone(), format!("*.{}", names[0])];
    let inputs = json!({ "DomainName": names[0], "SubjectAlternativeNames": others, "ValidationMethod": "DNS" });
    let certificate =
        text(&account.call_in("us-east-1", "acm", "request_certificate", inputs).unwrap()["CertificateArn"]);
    prove(account, &certificate);
    let list = |items: Value| json!({ "Quantity": items.as_array().unwrap().len(), "Items": items });
    let cors = json!({
        "AccessControlAllowOrigins": list(json!(["https://a.example.com"])),
        "AccessControlAllowHeaders": list(json!(["Accept"])),
        "AccessControlAllowMethods": list(json!(["GET"])),
        "AccessControlAllowCredentials": true, "OriginOverride": true,
    });
    let inputs = json!({ "ResponseHeadersPolicyConfig": { "Name": "fixtures", "CorsConfig": cors } });
    let policy = one("cloudfront", "create_response_headers_policy", inputs);
    Platform {
        login,
        login_client,
        header,
        balancer,
        listener,
        group: first,
        other_group: second,
        function_group,
        rule,
        template,
        function,
        code_sha256,
        cluster,
        instance_cluster: "fixtures-2".to_owned(),
        proxy: "fixtures".to_owned(),
        file_system,
        pool,
        client,
        certificate,
        policy: text(&policy["ResponseHeadersPolicy"]["Id"]),
    }
}

fn database(account: &Account, fixtures: &Fixtures, p: &Platform) -> Vec<Tested> {
    let private = account.fixture["private_subnets"].clone();
    vec![
        (
            "rds.subnet_group",
            json!({ "group_name": "conformance", "description": "one", "subnet_ids": private }),
            vec![
                ("description", json!("two")),
                ("subnet_ids", account.fixture["public_subnets"].clone()),
                ("group_name", json!("renamed")),
            ],
        ),
        (
            "rds.cluster_parameter_group",
            json!({
                "group_name": "conformance", "family": "aurora-postgresql15", "description": "one",
                "parameters": { "log_statement": "ddl", "log_min_duration_statement": "1000" },
            }),
            vec![
                ("parameters", json!({ "log_statement": "all" })),
                ("description", json!("two")),
                ("group_name", json!("renamed")),
            ],
        ),
        (
            "rds.cluster",
            json!({
                "cluster_name": "conformance", "engine": "aurora-postgresql", "engine_version": "15.7",
                "database_name": "openhands", "port": 5432, "master_username": "postgres", "admin_secret_arn": p.login,
                "subnet_group_name": "fixtures", "security_group_ids": [fixtures.group], "parameter_group_name": "fixtures",
                "min_acu": 0.5, "max_acu": 4.0, "iam_authentication": true, "data_api": true, "storage_encrypted": true,
                "backup_retention_days": 35, "backup_window": "03:00-04:00", "maintenance_window": "sun:04:00-sun:05:00",
                "copy_tags_to_snapshot": true, "log_exports": ["postgresql"], "deletion_protection": false,
                "restoring": false,
            }),
            vec![
                ("engine_version", json!("15.8")),
                ("max_acu", json!(8.0)),
                ("security_group_ids", json!([fixtures.other_group])),
                ("data_api", json!(false)),
                ("iam_authentication", json!(false)),
                ("backup_retention_days", json!(7)),
                ("backup_window", json!("05:00-06:00")),
                ("maintenance_window", json!("mon:04:00-mon:05:00")),
                ("copy_tags_to_snapshot", json!(false)),
                ("log_exports", json!([])),
                ("cluster_name", json!("renamed")),
            ],
        ),
        (
            "rds.instance",
            json!({
                "instance_name": "conformance", "cluster_name": p.instance_cluster, "engine": "aurora-postgresql",
                "instance_class": "db.serverless", "promotion_tier": 0, "publicly_accessible": false,
                "auto_minor_version_upgrade": true,
            }),
            vec![
                ("auto_minor_version_upgrade", json!(false)),
                ("instance_class", json!("db.r6g.large")),
                ("promotion_tier", json!(2)),
                ("instance_name", json!("renamed")),
            ],
        ),
        (
            "rds.proxy",
            json!({
                "proxy_name": "conformance", "engine_family": "POSTGRESQL", "require_tls": true,
                "iam_authentication": false, "secret_arns": [p.login], "idle_client_timeout_seconds": 1800,
                "role_arn": fixtures.role_arn, "subnet_ids": private, "security_group_ids": [fixtures.group],
            }),
            vec![
                ("require_tls", json!(false)),
                ("idle_client_timeout_seconds", json!(900)),
                ("security_group_ids", json!([fixtures.other_group])),
                ("secret_arns", json!([p.login, p.header])),
                ("proxy_name", json!("renamed")),
            ],
        ),
        (
            "rds.proxy_target_group",
            json!({
                "proxy_name": p.proxy, "cluster_name": "fixtures", "max_connections_percent": 90,
                "max_idle_connections_percent": 40,
            }),
            vec![("max_connections_percent", json!(80)), ("max_idle_connections_percent", json!(30))],
        ),
        (
            "rdsdata.bootstrap",
            json!({
                "cluster_arn": p.cluster, "admin_secret_arn": p.login, "database_name": "a", "proxy_secret_arn": p.login,
                "proxy_secret_version": "1", "package": "database-bootstrap", "digest": "1", "after_instance": "a",
            }),
            vec![("digest", json!("2")), ("proxy_secret_version", json!("2"))],
        ),
        (
            "secretsmanager.connection_details",
            json!({ "secret_arn": p.login, "details": { "host": "a", "port": "5432" } }),
            vec![("details", json!({ "host": "b", "port": "5432" }))],
        ),
        (
            "secretsmanager.secret_policy",
            json!({ "secret_arn": p.login, "document": secret_policy(&fixtures.role_arn, "secretsmanager:GetSecretValue") }),
            vec![("document", json!(secret_policy(&fixtures.role_arn, "secretsmanager:DescribeSecret")))],
        ),
    ]
}

fn secret_policy(role: &str, action: &str) -> String {
    let statement = json!({ "Effect": "Allow", "Principal": { "AWS": role }, "Action": action, "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn compute(account: &Account, fixtures: &Fixtures, p: &Platform) -> Vec<Tested> {
    let mount = |action: &str| {
        let statement =
            json!({ "Effect": "Allow", "Principal": { "AWS": fixtures.role_arn }, "Action": action, "Resource": "*" });
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    };
    let profile = format!("arn:aws:iam::{}:instance-profile/fixtures", account.id);
    let check = |path: &str| {
        json!({
            "path": path, "status_codes": "200", "healthy_threshold": 2, "unhealthy_threshold": 3, "timeout_seconds": 5,
            "interval_seconds": 30,
        })
    };
    let volume = |size: i32| {
        json!([
            { "device_name": "/dev/xvda", "size_gb": 30, "iops": 3000, "throughput": 125, "volume_type": "gp3",
              "encrypted": true, "delete_on_termination": true },
            { "device_name": "/dev/sdf", "size_gb": size, "iops": 3000, "throughput": 125, "volume_type": "gp3",
              "encrypted": true, "delete_on_termination": false },
        ])
    };
    vec![
        (
            "efs.file_system",
            json!({
                "encrypted": true, "performance_mode": "generalPurpose", "throughput_mode": "bursting",
                "transition_to_ia": "AFTER_14_DAYS", "policy": mount("elasticfilesystem:ClientMount"),
            }),
            vec![
                ("transition_to_ia", json!("AFTER_30_DAYS")),
                ("policy", json!(mount("elasticfilesystem:ClientWrite"))),
                ("encrypted", json!(false)),
            ],
        ),
        (
            "efs.mount_target",
            json!({ "file_system_id": p.file_system, "subnet_id": fixtures.subnets[0], "security_group_ids": [fixtures.group] }),
            vec![("security_group_ids", json!([fixtures.other_group])), ("subnet_id", json!(fixtures.subnets[1]))],
        ),
        (
            "efs.access_point",
            json!({ "file_system_id": p.file_system, "path": "/a", "user_id": 0, "group_id": 0, "permissions": "0777" }),
            vec![("path", json!("/b"))],
        ),
        (
            "ec2.launch_template",
            json!({
                "template_name": "conformance", "image_id": "ami-12345678", "instance_type": "m7g.xlarge",
                "instance_profile_arn": profile, "security_group_ids": [fixtures.group], "hop_limit": 2, "http_tokens": "required",
                "volumes": volume(100), "volume_tags": { "backup": "true" },
                "user_data": "#!/bin/bash\necho one\n", "instance_tags": { "Name": "conformance" },
            }),
            vec![
                ("user_data", json!("#!/bin/bash\necho two\n")),
                ("instance_type", json!("m7g.2xlarge")),
                ("volumes", volume(200)),
                ("volume_tags", json!({ "backup": "false" })),
                ("http_tokens", json!("optional")),
                ("hop_limit", json!(1)),
                ("template_name", json!("renamed")),
            ],
        ),
        (
            "autoscaling.group",
            json!({
                "group_name": "conformance", "template_id": p.template, "template_version": "1", "size": 1,
                "subnet_ids": fixtures.subnets, "target_group_arns": [p.group], "health_check_type": "ELB",
                "health_check_grace_seconds": 600,
            }),
            vec![
                ("template_version", json!("2")),
                ("health_check_grace_seconds", json!(300)),
                ("target_group_arns", json!([p.other_group])),
                ("subnet_ids", json!([fixtures.subnets[0]])),
                ("group_name", json!("renamed")),
            ],
        ),
        (
            "elbv2.load_balancer",
            json!({
                "balancer_name": "conformance", "scheme": "internet-facing", "subnet_ids": account.fixture["public_subnets"],
                "security_group_ids": [fixtures.group], "deletion_protection": false, "drop_invalid_headers": true,
                "idle_timeout_seconds": 60,
            }),
            vec![
                ("security_group_ids", json!([fixtures.other_group])),
                ("drop_invalid_headers", json!(false)),
                ("idle_timeout_seconds", json!(90)),
                ("balancer_name", json!("renamed")),
            ],
        ),
        (
            "elbv2.target_group",
            json!({
                "group_name": "conformance", "target_type": "instance", "protocol": "HTTP", "port": 3000, "vpc_id": fixtures.vpc,
                "health_check": check("/one"), "deregistration_delay_seconds": 30, "stickiness": false,
            }),
            vec![
                ("health_check", check("/two")),
                ("deregistration_delay_seconds", json!(60)),
                ("group_name", json!("renamed")),
            ],
        ),
        ("elbv2.target", json!({ "target_group_arn": p.function_group, "target_id": p.function }), Vec::new()),
        (
            "elbv2.listener",
            json!({
                "balancer_arn": p.balancer, "protocol": "HTTP", "port": 8080, "default_status": "403",
                "default_content_type": "text/plain", "default_body": "one",
            }),
            vec![("default_body", json!("two"))],
        ),
        (
            "elbv2.listener_rule",
            json!({
                "listener_arn": p.listener, "priority": 5, "path_pattern": "/a/*", "header_name": "X-Origin-Verify",
                "header_secret_arn": p.header, "header_secret_version": "1", "target_group_arn": p.group,
            }),
            vec![
                ("header_secret_version", json!("2")),
                ("path_pattern", json!("/b/*")),
                ("target_group_arn", json!(p.other_group)),
                ("priority", json!(6)),
            ],
        ),
        (
            "elbv2.settled_header",
            json!({
                "rule_arns": [p.rule], "header_name": "X-A", "header_secret_arn": p.header, "header_secret_version": "1",
            }),
            vec![("header_secret_version", json!("2"))],
        ),
        (
            "cloudwatch.alarm",
            json!({
                "alarm_name": "conformance", "description": "one", "namespace": "AWS/EC2", "metric_name": "CPUUtilization",
                "statistic": "Average", "dimensions": { "AutoScalingGroupName": "a" }, "period_seconds": 300,
                "evaluation_periods": 2, "threshold": 80.0, "comparison": "GreaterThanThreshold",
                "treat_missing_data": "notBreaching", "action_arns": [format!("arn:aws:sns:{REGION}:{}:a", account.id)],
            }),
            vec![
                ("threshold", json!(90.0)),
                ("dimensions", json!({ "AutoScalingGroupName": "b", "path": "/data" })),
                ("alarm_name", json!("renamed")),
            ],
        ),
        (
            "ecr.image",
            json!({
                "repository_name": "fixtures", "repository_uri": fixtures.repository_uri, "platform": "linux/arm64",
                "package": "image-openhands", "parameters": { "bases": r#"{"base":"ghcr.io/openhands/openhands:1","aws_cli":"b:1"}"# }, "digest": "1",
            }),
            vec![("parameters", json!({ "bases": r#"{"base":"ghcr.io/openhands/openhands:2","aws_cli":"b:1"}"# }))],
        ),
        (
            "ecr.repository",
            json!({ "repository_name": "conformance", "scan_on_push": true, "lifecycle_policy": expiry(1), "immutable_tags": true }),
            vec![
                ("scan_on_push", json!(false)),
                ("lifecycle_policy", json!(expiry(2))),
                ("immutable_tags", json!(false)),
                ("repository_name", json!("renamed")),
            ],
        ),
        (
            "ssm.parameter",
            json!({ "parameter_name": "/conformance/a", "description": "one", "parameter_type": "String", "value": "one" }),
            vec![
                ("value", json!("two")),
                ("description", json!("two")),
                ("parameter_name", json!("/conformance/b")),
                ("parameter_type", json!("StringList")),
            ],
        ),
        (
            "s3.object",
            json!({
                "bucket_name": fixtures.bucket, "key_prefix": "conformance/", "key_suffix": ".zip", "package": "origin-response",
                "parameters": { "full_domain": "one.example.com" }, "digest": "1",
            }),
            vec![("parameters", json!({ "full_domain": "two.example.com" }))],
        ),
    ]
}

fn expiry(days: i32) -> String {
    json!({ "rules": [{
        "rulePriority": 1, "description": "untagged", "action": { "type": "expire" },
        "selection": { "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days },
    }] })
    .to_string()
}

/// Returns the digest of a rendered archive in the format of Lambda.
fn archive(full_domain: &str) -> String {
    let parameters = [("full_domain".to_owned(), full_domain.to_owned())].into();
    STANDARD.encode(sha256(&OpenHandsPackages.render(ORIGIN_RESPONSE, &parameters).unwrap()))
}

fn functions(fixtures: &Fixtures, p: &Platform) -> Vec<Tested> {
    let settings = json!({
        "role_arn": fixtures.role_arn, "runtime": "python3.12", "handler": "a.b", "architecture": "x86_64", "memory_mb": 128,
        "timeout_seconds": 3, "environment": {},
    });
    vec![
        (
            "lambda.function",
            json!({
                "function_name": "conformance", "description": "one", "role_arn": fixtures.role_arn, "runtime": "nodejs22.x",
                "handler": "index.handler", "architecture": "x86_64", "memory_mb": 128, "timeout_seconds": 5,
                "environment": { "A": "one" }, "layers": [], "package": ORIGIN_RESPONSE,
                "parameters": { "full_domain": "one.example.com" }, "secret_parameters": {},
                "code_sha256": archive("one.example.com"),
            }),
            vec![
                ("description", json!("two")),
                ("memory_mb", json!(256)),
                ("environment", json!({ "A": "two", "B": "three" })),
                ("architecture", json!("arm64")),
                ("parameters", json!({ "full_domain": "two.example.com" })),
                ("code_sha256", json!(archive("two.example.com"))),
                ("function_name", json!("renamed")),
            ],
        ),
        (
            "lambda.permission",
            json!({
                "function_name": "fixtures", "statement_id": "one", "principal": "elasticloadbalancing.amazonaws.com",
                "source_arn": p.function_group,
            }),
            vec![("statement_id", json!("two"))],
        ),
        (
            "lambda.version",
            json!({ "function_name": "fixtures", "code_sha256": p.code_sha256, "settings": settings.to_string() }),
            Vec::new(),
        ),
        (
            "lambda.archive",
            json!({
                "package": ORIGIN_RESPONSE, "parameters": { "full_domain": "one.example.com" }, "secret_parameters": {},
                "secret_versions": [], "digest": "1",
            }),
            vec![("parameters", json!({ "full_domain": "two.example.com" })), ("digest", json!("2"))],
        ),
    ]
}

/// Returns a case for every kind of the platform.
pub(super) fn cases(account: &Account, fixtures: &Fixtures, p: &Platform) -> Vec<Tested> {
    let mut cases = database(account, fixtures, p);
    cases.extend(compute(account, fixtures, p));
    cases.extend(functions(fixtures, p));
    cases.extend(super::edge::cases(account, p));
    cases
}
