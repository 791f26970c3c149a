//! Compares every value of the first three stacks, as AWS reports it to another SDK, with a table from the specification.

use ohinfra_tests::Account;
use serde_json::{Value, json};

/// Returns the strings of a list in sorted order.
fn sorted(list: &Value) -> Vec<String> {
    let mut texts: Vec<String> =
        list.as_array().into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect();
    texts.sort();
    texts
}

mod compute;
mod edge;
mod exposure;
mod platform;

struct Deployment {
    account: Account,
    state: Value,
}

impl Deployment {
    fn new() -> Self {
        let account = Account::new().unwrap();
        account.write("policy.json", &ohinfra_testkit::repository_file("config/sandbox-aws-policy.json")).unwrap();
        account
            .configure("[sandbox]\naws_access = true\naws_policy_file = \"policy.json\"\n[monitoring]\nalarm_emails = [\"ops@example.com\"]\n[tags]\nTeam = \"platform\"\n")
            .unwrap();
        account.succeed(&["apply", "--yes"]).unwrap();
        let state = account.state().unwrap();
        Self { account, state }
    }

    fn id(&self, address: &str) -> &str {
        self.state["resources"][address]["id"].as_str().unwrap()
    }

    fn call(&self, service: &str, operation: &str, parameters: Value) -> Value {
        self.account.call(service, operation, parameters).unwrap()
    }
}

fn check_tags(address: &str, tags: &Value) {
    let mut found = std::collections::BTreeMap::new();
    for tag in tags.as_array().into_iter().flatten() {
        let text = |names: [&str; 2]| names.iter().find_map(|n| tag[*n].as_str()).unwrap().to_owned();
        found.insert(text(["Key", "TagKey"]), text(["Value", "TagValue"]));
    }
    for (key, value) in tags.as_object().into_iter().flatten() {
        found.insert(key.clone(), value.as_str().unwrap().to_owned());
    }
    let expected = [
        ("ManagedBy", "ohinfra"),
        ("Project", "OpenHands"),
        ("Purpose", "ai-coding-assistant"),
        ("STAGE", "production"),
        ("Team", "platform"),
        ("ohinfra:address", address),
        ("ohinfra:deployment", "openhands"),
    ];
    let expected = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    assert_eq!(found, expected, "{address}");
}

#[test]
fn aws_reports_every_value_of_the_network_monitoring_and_security_stacks() {
    let deployment = Deployment::new();
    network(&deployment);
    security_groups(&deployment);
    monitoring(&deployment);
    bucket(&deployment);
    backup(&deployment);
    roles(&deployment);
    key_and_secrets(&deployment);
}

fn network(d: &Deployment) {
    let account = &d.account;
    let endpoints = d.call("ec2", "describe_vpc_endpoints", json!({}))["VpcEndpoints"].clone();
    let endpoints = endpoints.as_array().unwrap();
    assert_eq!(endpoints.len(), 9);
    let services = [
        ("bedrock-runtime", "bedrock-runtime"),
        ("secretsmanager", "secretsmanager"),
        ("ecr-api", "ecr.api"),
        ("ecr-dkr", "ecr.dkr"),
        ("logs", "logs"),
        ("ssm", "ssm"),
        ("ssmmessages", "ssmmessages"),
        ("ec2messages", "ec2messages"),
    ];
    for (name, service) in services {
        let address = format!("network/endpoint-{name}");
        let endpoint = endpoints.iter().find(|e| e["VpcEndpointId"] == d.id(&address)).unwrap();
        assert_eq!(endpoint["ServiceName"], format!("com.amazonaws.us-west-2.{service}"));
        assert_eq!(endpoint["VpcEndpointType"], "Interface");
        assert_eq!(endpoint["VpcId"], account.fixture("vpc_id"));
        assert_eq!(endpoint["PrivateDnsEnabled"], true);
        assert_eq!(endpoint["State"], "available");
        assert_eq!(sorted(&endpoint["SubnetIds"]), sorted(&account.fixture["private_subnets"]));
        let groups: Vec<&Value> = endpoint["Groups"].as_array().unwrap().iter().map(|g| &g["GroupId"]).collect();
        assert_eq!(groups, [&json!(d.id("network/endpoint-sg"))]);
        check_tags(&address, &endpoint["Tags"]);
    }
    let gateway = endpoints.iter().find(|e| e["VpcEndpointId"] == d.id("network/endpoint-s3")).unwrap();
    assert_eq!(gateway["ServiceName"], "com.amazonaws.us-west-2.s3");
    assert_eq!(gateway["VpcEndpointType"], "Gateway");
    let tables = json!([account.fixture("private_route_table"), account.fixture("public_route_table")]);
    assert_eq!(sorted(&gateway["RouteTableIds"]), sorted(&tables));
}

fn security_groups(d: &Deployment) {
    let ids = [
        "network/endpoint-sg",
        "security/alb-sg",
        "security/instance-sg",
        "security/efs-sg",
        "database/aurora-sg",
        "database/proxy-sg",
    ]
    .map(|a| d.id(a));
    let answers = d
        .account
        .calls(&[
            ("ec2", "describe_security_groups", json!({ "GroupIds": ids })),
            ("ec2", "describe_security_group_rules", json!({ "Filters": [{ "Name": "group-id", "Values": ids }] })),
            (
                "ec2",
                "describe_managed_prefix_lists",
                json!({ "Filters": [{ "Name": "prefix-list-name", "Values": ["com.amazonaws.global.cloudfront.origin-facing"] }] }),
            ),
        ])
        .unwrap();
    for group in answers[0]["SecurityGroups"].as_array().unwrap() {
        assert_eq!(group["VpcId"], d.account.fixture("vpc_id"));
        if group["GroupId"] == ids[0] {
            assert_eq!(group["Description"], "Security group for VPC Endpoints");
            check_tags("network/endpoint-sg", &group["Tags"]);
        }
    }
    let [endpoint, alb, instance, efs, aurora, proxy] = ids;
    let cloudfront = answers[2]["PrefixLists"][0]["PrefixListId"].as_str().unwrap();
    // Group, direction, port and peer of all rules.
    let mut expected = vec![
        (endpoint, "in", 443, "10.0.0.0/16"),
        (alb, "in", 80, cloudfront),
        (alb, "out", 3000, instance),
        (alb, "out", 8080, instance),
        (instance, "in", 3000, alb),
        (instance, "in", 8080, alb),
        (instance, "out", 443, endpoint),
        (instance, "out", 443, "0.0.0.0/0"),
        (instance, "out", 2049, efs),
        (instance, "out", 5432, proxy),
        (instance, "out", 5432, aurora),
        (efs, "in", 2049, instance),
        (aurora, "in", 5432, instance),
        (aurora, "in", 5432, proxy),
        (proxy, "in", 5432, instance),
        (proxy, "out", 5432, aurora),
    ];
    let rules = answers[1]["SecurityGroupRules"].as_array().unwrap();
    let mut found: Vec<(&str, &str, i64, &str)> = rules
        .iter()
        .map(|rule| {
            assert_eq!(rule["IpProtocol"], "tcp");
            assert_eq!(rule["FromPort"], rule["ToPort"]);
            let other = [&rule["CidrIpv4"], &rule["PrefixListId"], &rule["ReferencedGroupInfo"]["GroupId"]];
            (
                rule["GroupId"].as_str().unwrap(),
                if rule["IsEgress"].as_bool().unwrap() { "out" } else { "in" },
                rule["FromPort"].as_i64().unwrap(),
                other.iter().find_map(|value| value.as_str()).unwrap(),
            )
        })
        .collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert!(found.iter().all(|(_, direction, _, other)| *direction == "out" || *other != "0.0.0.0/0"));
}

fn monitoring(d: &Deployment) {
    let topic = d.id("monitoring/alerts");
    let answers = d
        .account
        .calls(&[
            ("logs", "describe_log_groups", json!({ "logGroupNamePrefix": "/openhands/application" })),
            ("sns", "get_topic_attributes", json!({ "TopicArn": topic })),
            ("sns", "list_subscriptions_by_topic", json!({ "TopicArn": topic })),
            ("cloudwatch", "get_dashboard", json!({ "DashboardName": "OpenHands-us-west-2-Monitoring" })),
            ("sns", "list_tags_for_resource", json!({ "ResourceArn": topic })),
        ])
        .unwrap();
    assert_eq!(answers[0]["logGroups"][0]["logGroupName"], "/openhands/application");
    assert_eq!(answers[0]["logGroups"][0]["retentionInDays"], 30);
    assert_eq!(answers[1]["Attributes"]["DisplayName"], "OpenHands Alerts");
    let subscription = &answers[2]["Subscriptions"][0];
    assert_eq!((&subscription["Protocol"], &subscription["Endpoint"]), (&json!("email"), &json!("ops@example.com")));
    let body: Value = serde_json::from_str(answers[3]["DashboardBody"].as_str().unwrap()).unwrap();
    assert_eq!(body["widgets"][0]["type"], "text");
    assert!(body["widgets"][0]["properties"]["markdown"].as_str().unwrap().starts_with("# Openhands on AWS"));
    check_tags("monitoring/alerts", &answers[4]["Tags"]);
}

fn bucket(d: &Deployment) {
    let name = format!("openhands-data-{}-us-west-2", d.account.id);
    assert_eq!(d.id("monitoring/data-bucket"), name);
    let of = |operation: &'static str| ("s3", operation, json!({ "Bucket": name }));
    let answers = d
        .account
        .calls(&[
            of("get_bucket_encryption"),
            of("get_bucket_versioning"),
            of("get_public_access_block"),
            of("get_bucket_ownership_controls"),
            of("get_bucket_lifecycle_configuration"),
            of("get_bucket_policy"),
            of("get_bucket_tagging"),
            of("get_bucket_location"),
        ])
        .unwrap();
    let default = &answers[0]["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"];
    assert_eq!(default["SSEAlgorithm"], "AES256");
    assert_eq!(answers[1]["Status"], "Enabled");
    assert_eq!(
        answers[2]["PublicAccessBlockConfiguration"],
        json!({ "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true })
    );
    assert_eq!(answers[3]["OwnershipControls"]["Rules"], json!([{ "ObjectOwnership": "BucketOwnerEnforced" }]));
    let rules = answers[4]["Rules"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!((&rules[0]["ID"], &rules[0]["Status"]), (&json!("CleanupOldVersions"), &json!("Enabled")));
    assert_eq!(rules[0]["NoncurrentVersionExpiration"]["NoncurrentDays"], 30);
    assert_eq!(rules[0]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"], 7);
    let policy: Value = serde_json::from_str(answers[5]["Policy"].as_str().unwrap()).unwrap();
    let arn = format!("arn:aws:s3:::{name}");
    let expected = json!({
        "Sid": "DenyInsecureTransport", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")], "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    assert_eq!(policy["Statement"], json!([expected]));
    check_tags("monitoring/data-bucket", &answers[6]["TagSet"]);
    assert_eq!(answers[7]["LocationConstraint"], "us-west-2");
}

fn backup(d: &Deployment) {
    let plan = d.id("monitoring/backup-plan");
    let (_, selection) = d.id("monitoring/backup-selection").split_once(':').unwrap();
    let answers = d
        .account
        .calls(&[
            ("backup", "get_backup_plan", json!({ "BackupPlanId": plan })),
            ("backup", "get_backup_selection", json!({ "BackupPlanId": plan, "SelectionId": selection })),
            ("backup", "describe_backup_vault", json!({ "BackupVaultName": "openhands-backup" })),
            ("iam", "list_attached_role_policies", json!({ "RoleName": "openhands-us-west-2-backup" })),
            ("iam", "get_role", json!({ "RoleName": "openhands-us-west-2-backup" })),
        ])
        .unwrap();
    assert_eq!(answers[0]["BackupPlan"]["BackupPlanName"], "OpenHands-Daily-Backup");
    let rules = answers[0]["BackupPlan"]["Rules"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    let rule = &rules[0];
    assert_eq!(rule["RuleName"], "DailyBackup");
    assert_eq!(rule["ScheduleExpression"], "cron(0 3 * * ? *)");
    assert_eq!((&rule["StartWindowMinutes"], &rule["CompletionWindowMinutes"]), (&json!(60), &json!(120)));
    assert_eq!(rule["Lifecycle"], json!({ "DeleteAfterDays": 14 }));
    assert_eq!(rule["TargetBackupVaultName"], "openhands-backup");
    let selection = &answers[1]["BackupSelection"];
    assert_eq!(selection["SelectionName"], "OpenHands-EBS-Selection");
    let tag = json!([{ "ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "true" }]);
    assert_eq!(selection["ListOfTags"], tag);
    assert_eq!(selection["IamRoleArn"], answers[4]["Role"]["Arn"]);
    assert_eq!(answers[2]["BackupVaultName"], "openhands-backup");
    assert_eq!(
        answers[3]["AttachedPolicies"][0]["PolicyArn"],
        "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
    );
    assert_eq!(
        answers[4]["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"],
        "backup.amazonaws.com"
    );
}

fn roles(d: &Deployment) {
    let (instance, sandbox) = ("openhands-us-west-2-instance", "openhands-us-west-2-sandbox");
    let answers = d
        .account
        .calls(&[
            ("iam", "get_role", json!({ "RoleName": instance })),
            ("iam", "list_attached_role_policies", json!({ "RoleName": instance })),
            ("iam", "get_role_policy", json!({ "RoleName": instance, "PolicyName": "OpenHandsInstance" })),
            ("iam", "get_instance_profile", json!({ "InstanceProfileName": instance })),
            ("iam", "get_role", json!({ "RoleName": sandbox })),
            ("iam", "get_role_policy", json!({ "RoleName": sandbox, "PolicyName": "OpenHandsSandbox" })),
        ])
        .unwrap();
    let trust = &answers[0]["Role"]["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(
        (&trust["Principal"]["Service"], &trust["Action"]),
        (&json!("ec2.amazonaws.com"), &json!("sts:AssumeRole"))
    );
    check_tags("security/instance-role", &answers[0]["Role"]["Tags"]);
    let mut managed: Vec<&str> =
        answers[1]["AttachedPolicies"].as_array().unwrap().iter().map(|p| p["PolicyName"].as_str().unwrap()).collect();
    managed.sort_unstable();
    assert_eq!(managed, ["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"]);
    let (account, key) = (&d.account.id, d.id("security/user-secrets-key"));
    let bucket = format!("arn:aws:s3:::openhands-data-{account}-us-west-2");
    // The models that users can select. Sandboxes can invoke them as well: in this region and through its profiles.
    let invoke = json!(["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]);
    let models = json!("arn:aws:bedrock:*::foundation-model/anthropic.claude-*");
    let profiles = json!(format!("arn:aws:bedrock:us-west-2:{account}:inference-profile/*.anthropic.claude-*"));
    let expected = [
        (
            json!(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]),
            json!([
                d.id("security/sandbox-secret"),
                d.id("database/proxy-secret"),
                d.id("security/origin-verify-secret")
            ]),
        ),
        (json!(["bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles"]), json!("*")),
        (json!(["aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions"]), json!("*")),
        (json!("ecr:GetAuthorizationToken"), json!("*")),
        (
            json!(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]),
            json!([
                format!("arn:aws:logs:us-west-2:{account}:log-group:/openhands/*"),
                format!("arn:aws:logs:us-west-2:{account}:log-group:/openhands/*:log-stream:*"),
            ]),
        ),
        (json!("cloudwatch:PutMetricData"), json!("*")),
        (json!(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]), json!(format!("{bucket}/*"))),
        (json!("s3:ListBucket"), json!(bucket)),
        (json!("sns:Publish"), json!(d.id("monitoring/alerts"))),
        (
            json!(["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"]),
            json!(format!("arn:aws:kms:us-west-2:{account}:key/{key}")),
        ),
        (
            json!([
                "elasticfilesystem:ClientMount",
                "elasticfilesystem:ClientWrite",
                "elasticfilesystem:ClientRootAccess"
            ]),
            d.state["resources"]["compute/workspace-fs"]["attributes"]["arn"].clone(),
        ),
        (
            json!("rds-db:connect"),
            json!(format!(
                "arn:aws:rds-db:us-west-2:{account}:dbuser:{}/openhands_iam",
                d.state["resources"]["database/cluster"]["attributes"]["resource_id"].as_str().unwrap()
            )),
        ),
        (json!("sts:AssumeRole"), json!(format!("arn:aws:iam::{account}:role/{sandbox}"))),
        (invoke.clone(), models.clone()),
        (invoke.clone(), profiles.clone()),
        (invoke.clone(), models.clone()),
    ];
    let statements = answers[2]["PolicyDocument"]["Statement"].as_array().unwrap();
    let found: Vec<(Value, Value)> = statements.iter().map(|s| (s["Action"].clone(), s["Resource"].clone())).collect();
    assert_eq!(found, expected);
    assert!(statements.iter().all(|statement| statement["Effect"] == "Allow"));
    let conditions: Vec<Value> = statements.iter().map(|s| s["Condition"].clone()).collect();
    let assume = json!({ "StringEquals": { "sts:ExternalId": "openhands-sandbox" } });
    let subscribe = json!({ "StringEquals": { "aws:CalledViaLast": "bedrock.amazonaws.com" } });
    let through = json!({ "StringLike": { "bedrock:InferenceProfileArn": [profiles] } });
    assert_eq!((&conditions[2], &conditions[12], &conditions[15]), (&subscribe, &assume, &through));
    assert_eq!(answers[3]["InstanceProfile"]["Roles"][0]["RoleName"], instance);
    let trust = &answers[4]["Role"]["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(trust["Principal"]["AWS"], format!("arn:aws:iam::{account}:role/{instance}"));
    assert_eq!(trust["Condition"], json!({ "StringEquals": { "sts:ExternalId": "openhands-sandbox" } }));
    let statements = answers[5]["PolicyDocument"]["Statement"].as_array().unwrap();
    let sids: Vec<&str> = statements.iter().filter_map(|s| s["Sid"].as_str()).collect();
    for sid in ["Models", "InferenceProfiles", "ModelsOfInferenceProfiles", "SubscribeToModels"] {
        assert!(sids.contains(&sid), "{sid} of {sids:?}");
    }
    assert_eq!(
        statements.len(),
        7,
        "expected statements for models, subscriptions, the policy file (2) and the denial: {sids:?}"
    );
    let deny = statements.iter().find(|statement| statement["Sid"] == "DenySensitiveOperations").unwrap();
    assert_eq!((&deny["Effect"], &deny["Resource"]), (&json!("Deny"), &json!("*")));
    let iam = [
        "CreateUser",
        "DeleteUser",
        "CreateAccessKey",
        "DeleteAccessKey",
        "UpdateAccessKey",
        "AttachUserPolicy",
        "DetachUserPolicy",
        "PutUserPolicy",
        "DeleteUserPolicy",
        "AttachRolePolicy",
        "DetachRolePolicy",
        "PutRolePolicy",
        "DeleteRolePolicy",
        "CreateRole",
        "DeleteRole",
        "UpdateAssumeRolePolicy",
    ];
    let mut denied: Vec<String> = iam.iter().map(|action| format!("iam:{action}")).collect();
    denied.extend(["organizations:*", "account:*", "billing:*", "sts:AssumeRole"].map(str::to_owned));
    denied.sort();
    assert_eq!(sorted(&deny["Action"]), denied);
}

fn key_and_secrets(d: &Deployment) {
    let key = d.id("security/user-secrets-key");
    let origin = "openhands/cloudfront/origin-verify";
    let answers = d
        .account
        .calls(&[
            ("kms", "describe_key", json!({ "KeyId": "alias/openhands-user-secrets" })),
            ("kms", "get_key_rotation_status", json!({ "KeyId": key })),
            ("kms", "get_key_policy", json!({ "KeyId": key, "PolicyName": "default" })),
            ("secretsmanager", "get_secret_value", json!({ "SecretId": origin })),
            ("secretsmanager", "get_secret_value", json!({ "SecretId": "openhands/sandbox-secret-key" })),
            ("kms", "list_resource_tags", json!({ "KeyId": key })),
            ("secretsmanager", "describe_secret", json!({ "SecretId": origin })),
        ])
        .unwrap();
    let metadata = &answers[0]["KeyMetadata"];
    assert_eq!(metadata["KeyId"], key);
    assert_eq!((&metadata["KeySpec"], &metadata["KeyUsage"]), (&json!("SYMMETRIC_DEFAULT"), &json!("ENCRYPT_DECRYPT")));
    assert_eq!(answers[1]["KeyRotationEnabled"], true);
    let policy: Value = serde_json::from_str(answers[2]["Policy"].as_str().unwrap()).unwrap();
    let root = format!("arn:aws:iam::{}:root", d.account.id);
    let allow = &policy["Statement"][0];
    assert_eq!((&allow["Principal"]["AWS"], &allow["Action"]), (&json!(root), &json!("kms:*")));
    let deny = &policy["Statement"][1];
    assert_eq!((&deny["Effect"], &deny["Principal"]), (&json!("Deny"), &json!("*")));
    assert_eq!(deny["Condition"], json!({ "StringNotEquals": { "aws:PrincipalArn": root } }));
    let denied =
        ["kms:CancelKeyDeletion", "kms:CreateGrant", "kms:RetireGrant", "kms:RevokeGrant", "kms:ScheduleKeyDeletion"];
    assert_eq!(sorted(&deny["Action"]), denied);
    let value = answers[3]["SecretString"].as_str().unwrap();
    assert!(value.len() == 32 && value.chars().all(|c| c.is_ascii_alphanumeric()), "32 alphanumerics");
    let value = answers[4]["SecretString"].as_str().unwrap();
    assert!(value.len() == 44 && value.ends_with('='), "32 bytes in base64");
    check_tags("security/user-secrets-key", &answers[5]["Tags"]);
    check_tags("security/origin-verify-secret", &answers[6]["Tags"]);
}
