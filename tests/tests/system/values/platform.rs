//! Compares every value of the other five stacks with a table from the specification.

use serde_json::{Value, json};

use super::{Deployment, check_tags, compute, edge, sorted};

pub(super) const EDGE: &str = "us-east-1";

/// Asserts that a value contains all expected members; objects may have additional members.
pub(super) fn holds(what: &str, found: &Value, expected: &Value) {
    match expected {
        Value::Object(fields) => {
            for (name, value) in fields {
                holds(&format!("{what}.{name}"), &found[name], value);
            }
        }
        Value::Array(items) => {
            assert_eq!(found.as_array().map(Vec::len), Some(items.len()), "{what}: {found:#}");
            for (index, item) in items.iter().enumerate() {
                holds(&format!("{what}[{index}]"), &found[index], item);
            }
        }
        value => assert_eq!(found, value, "{what}"),
    }
}

/// Returns items sorted by one of their fields.
pub(super) fn by(field: &str, items: &Value) -> Value {
    let mut items = items.as_array().cloned().unwrap_or_default();
    items.sort_by_key(|item| item[field].to_string());
    Value::Array(items)
}

impl Deployment {
    pub(super) fn attribute(&self, address: &str, name: &str) -> &str {
        let resource = &self.state["resources"][address];
        resource["attributes"][name].as_str().unwrap_or_else(|| panic!("{address} has no {name}"))
    }

    pub(super) fn edge(&self, service: &str, operation: &str, parameters: Value) -> Value {
        self.account.call_in(EDGE, service, operation, parameters).unwrap()
    }

    pub(super) fn secret(&self, name: &str) -> String {
        let value = self.call("secretsmanager", "get_secret_value", json!({ "SecretId": name }));
        value["SecretString"].as_str().unwrap().to_owned()
    }
}

#[test]
fn aws_reports_every_value_of_the_other_stacks() {
    let deployment = Deployment::new();
    auth(&deployment);
    database(&deployment);
    proxy(&deployment);
    user_config(&deployment);
    files(&deployment);
    compute::instance(&deployment);
    compute::load_balancer(&deployment);
    compute::alarms_and_parameters(&deployment);
    edge::certificate_and_records(&deployment);
    edge::functions_at_the_edge(&deployment);
    edge::web_acl(&deployment);
    edge::distribution(&deployment);
}

fn auth(d: &Deployment) {
    let pool = d.id("auth/user-pool");
    let client = d.attribute("auth/client", "client_id");
    let found = &d.edge("cognito-idp", "describe_user_pool", json!({ "UserPoolId": pool }))["UserPool"];
    let expected = json!({
        "Name": "Openhands on AWS",
        "UsernameAttributes": ["email"],
        "AutoVerifiedAttributes": ["email"],
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": true,
            "InviteMessageTemplate": { "EmailSubject": "Welcome to Openhands on AWS" },
        },
        "Policies": { "PasswordPolicy": {
            "MinimumLength": 8,
            "RequireLowercase": true,
            "RequireUppercase": true,
            "RequireNumbers": true,
            "RequireSymbols": true,
        } },
        "MfaConfiguration": "OPTIONAL",
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "verified_email", "Priority": 1 }] },
        "DeletionProtection": "ACTIVE",
        "VerificationMessageTemplate": {
            "DefaultEmailOption": "CONFIRM_WITH_CODE",
            "EmailSubject": "Your Openhands on AWS Verification Code",
        },
    });
    holds("pool", found, &expected);
    let mails = [
        &found["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"],
        &found["VerificationMessageTemplate"]["EmailMessage"],
    ];
    for mail in mails.map(|mail| mail.as_str().unwrap()) {
        assert!(mail.contains("{####}") && mail.len() <= 20_000, "{mail}");
    }
    let invitation = mails[0].as_str().unwrap();
    assert!(invitation.contains("{username}") && invitation.contains("https://openhands.example.com"), "{invitation}");
    let email = found["SchemaAttributes"].as_array().unwrap().iter().find(|a| a["Name"] == "email").unwrap();
    holds("email", email, &json!({ "Required": true, "Mutable": true }));
    check_tags("auth/user-pool", &found["UserPoolTags"]);

    let mfa = d.edge("cognito-idp", "get_user_pool_mfa_config", json!({ "UserPoolId": pool }));
    holds("mfa", &mfa, &json!({ "SoftwareTokenMfaConfiguration": { "Enabled": true } }));
    assert!(mfa.get("SmsMfaConfiguration").is_none());

    let prefix = format!("openhands-{}-shared", d.account.id);
    let domain = &d.edge("cognito-idp", "describe_user_pool_domain", json!({ "Domain": prefix }))["DomainDescription"];
    holds("domain", domain, &json!({ "UserPoolId": pool, "ManagedLoginVersion": 2 }));

    let ids = json!({ "UserPoolId": pool, "ClientId": client });
    let found = &d.edge("cognito-idp", "describe_user_pool_client", ids.clone())["UserPoolClient"];
    let expected = json!({
        "ClientName": "Openhands on AWS",
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthFlowsUserPoolClient": true,
        "CallbackURLs": ["https://openhands.example.com/_callback"],
        "LogoutURLs": ["https://openhands.example.com/"],
        "PreventUserExistenceErrors": "ENABLED",
        "SupportedIdentityProviders": ["COGNITO"],
        "AccessTokenValidity": 60,
        "IdTokenValidity": 1440,
        "RefreshTokenValidity": 43200,
        "TokenValidityUnits": { "AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "minutes" },
        "EnableTokenRevocation": true,
    });
    holds("client", found, &expected);
    assert_eq!(sorted(&found["AllowedOAuthScopes"]), ["email", "openid", "profile"]);
    let flows = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"];
    assert_eq!(sorted(&found["ExplicitAuthFlows"]), flows);
    let secret =
        d.edge("secretsmanager", "get_secret_value", json!({ "SecretId": "openhands/cognito-client-secret-shared" }));
    assert!(found["ClientSecret"].as_str().is_some_and(|value| value.len() >= 32));
    assert_eq!(secret["SecretString"], found["ClientSecret"]);

    let branding = d.edge("cognito-idp", "describe_managed_login_branding_by_client", ids);
    let branding = &branding["ManagedLoginBranding"];
    let assets = branding["Assets"].as_array().unwrap();
    let mut kinds: Vec<String> =
        assets.iter().map(|a| format!("{} {} {}", a["Category"], a["ColorMode"], a["Extension"])).collect();
    kinds.sort();
    let expected = ["FAVICON_SVG DARK", "FAVICON_SVG LIGHT", "FORM_LOGO DARK", "FORM_LOGO LIGHT"];
    assert_eq!(kinds, expected.map(|e| format!("\"{}\" \"SVG\"", e.replace(' ', "\" \""))));
    let categories = &branding["Settings"]["categories"];
    assert_eq!(categories["global"]["colorSchemeMode"], "DARK", "{categories:#}");
    assert_eq!(categories["form"]["location"]["horizontal"], "CENTER", "{categories:#}");
}

fn database(d: &Deployment) {
    let found = &d.call("rds", "describe_db_clusters", json!({}))["DBClusters"];
    let expected = json!([{
        "DBClusterIdentifier": d.id("database/cluster"),
        "Engine": "aurora-postgresql",
        "DatabaseName": "openhands",
        "MasterUsername": "postgres",
        "Port": 5432,
        "ServerlessV2ScalingConfiguration": { "MinCapacity": 0.5, "MaxCapacity": 4.0 },
        "IAMDatabaseAuthenticationEnabled": true,
        "HttpEndpointEnabled": true,
        "StorageEncrypted": true,
        "BackupRetentionPeriod": 35,
        "PreferredBackupWindow": "03:00-04:00",
        "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
        "CopyTagsToSnapshot": true,
        "EnabledCloudwatchLogsExports": ["postgresql"],
        "DeletionProtection": false,
        "VpcSecurityGroups": [{ "VpcSecurityGroupId": d.id("database/aurora-sg") }],
        "DBSubnetGroup": d.id("database/subnet-group"),
        "DBClusterParameterGroup": d.id("database/parameter-group"),
    }]);
    holds("clusters", found, &expected);
    assert!(found[0]["EngineVersion"].as_str().unwrap().starts_with("17."));
    check_tags("database/cluster", &found[0]["TagList"]);
    let writer = json!([{
        "DBInstanceIdentifier": d.id("database/writer"),
        "DBInstanceClass": "db.serverless",
        "PromotionTier": 0,
        "PubliclyAccessible": false,
    }]);
    holds("instances", &d.call("rds", "describe_db_instances", json!({}))["DBInstances"], &writer);
    let groups = d.call("rds", "describe_db_subnet_groups", json!({}))["DBSubnetGroups"].clone();
    let subnets: Vec<Value> =
        groups[0]["Subnets"].as_array().unwrap().iter().map(|s| s["SubnetIdentifier"].clone()).collect();
    assert_eq!(sorted(&json!(subnets)), sorted(&d.account.fixture["private_subnets"]));
    let group = json!({ "DBClusterParameterGroupName": d.id("database/parameter-group") });
    let groups = d.call("rds", "describe_db_cluster_parameter_groups", group.clone());
    assert_eq!(groups["DBClusterParameterGroups"][0]["DBParameterGroupFamily"], "aurora-postgresql17");
    let mut set = group;
    set["Source"] = json!("user");
    let set = by("ParameterName", &d.call("rds", "describe_db_cluster_parameters", set)["Parameters"]);
    let expected = json!([
        { "ParameterName": "log_min_duration_statement", "ParameterValue": "1000" },
        { "ParameterName": "log_statement", "ParameterValue": "ddl" },
    ]);
    holds("parameters", &set, &expected);

    let admin: Value = serde_json::from_str(&d.secret("openhands/database/admin")).unwrap();
    let expected = json!({
        "username": "postgres",
        "host": found[0]["Endpoint"],
        "port": "5432",
        "engine": "postgres",
        "dbname": "openhands",
        "dbClusterIdentifier": d.id("database/cluster"),
    });
    holds("admin", &admin, &expected);
    let password = admin["password"].as_str().unwrap();
    let excluded = "%+~`#$&*()|[]{}:;<>?!'/@\"\\ ";
    assert!(
        password.len() == 30 && !password.contains(|c| excluded.contains(c)),
        "expected 30 characters without these"
    );
    let user: Value = serde_json::from_str(&d.secret("openhands/database/proxy-user")).unwrap();
    assert_eq!(user["username"], "openhands_proxy");
    let password = user["password"].as_str().unwrap();
    assert!(password.len() == 32 && password.chars().all(|c| c.is_ascii_alphanumeric()), "32, no punctuation");
    let policy = json!({ "SecretId": "openhands/database/proxy-user" });
    let policy = d.call("secretsmanager", "get_resource_policy", policy)["ResourcePolicy"].clone();
    let policy: Value = serde_json::from_str(policy.as_str().unwrap()).unwrap();
    let role = d.attribute("security/instance-role", "arn");
    holds("policy", &policy["Statement"][0], &json!({ "Effect": "Allow", "Principal": { "AWS": role } }));
}

fn proxy(d: &Deployment) {
    let found = &d.call("rds", "describe_db_proxies", json!({}))["DBProxies"];
    let secrets = ["database/admin-secret", "database/proxy-secret"].map(|address| d.attribute(address, "arn"));
    let expected = json!([{
        "DBProxyName": "openhands-proxy",
        "EngineFamily": "POSTGRESQL",
        "RequireTLS": true,
        "IdleClientTimeout": 1800,
        "RoleArn": d.attribute("database/proxy-role", "arn"),
        "VpcSecurityGroupIds": [d.id("database/proxy-sg")],
    }]);
    holds("proxies", found, &expected);
    assert_eq!(sorted(&found[0]["VpcSubnetIds"]), sorted(&d.account.fixture["private_subnets"]));
    let auth = by("SecretArn", &found[0]["Auth"]);
    let expected: Vec<Value> =
        secrets.iter().map(|arn| json!({ "AuthScheme": "SECRETS", "SecretArn": arn, "IAMAuth": "DISABLED" })).collect();
    holds("auth", &auth, &by("SecretArn", &json!(expected)));
    let name = json!({ "DBProxyName": "openhands-proxy" });
    let group = &d.call("rds", "describe_db_proxy_target_groups", name.clone())["TargetGroups"];
    let pool = json!({ "MaxConnectionsPercent": 100, "MaxIdleConnectionsPercent": 50 });
    holds("target group", group, &json!([{ "TargetGroupName": "default", "ConnectionPoolConfig": pool }]));
    let targets = d.call("rds", "describe_db_proxy_targets", name)["Targets"].clone();
    let cluster = targets.as_array().unwrap().iter().find(|target| target["Type"] == "TRACKED_CLUSTER").unwrap();
    assert_eq!(cluster["RdsResourceId"], d.id("database/cluster"));
    let role = d.call("iam", "get_role", json!({ "RoleName": d.id("database/proxy-role") }));
    let trust = &role["Role"]["AssumeRolePolicyDocument"]["Statement"][0];
    holds("trust", trust, &json!({ "Principal": { "Service": "rds.amazonaws.com" } }));
}

fn user_config(d: &Deployment) {
    let name = "openhands-user-config-api";
    let function = d.call("lambda", "get_function", json!({ "FunctionName": name }));
    let expected = json!({
        "Runtime": "python3.14",
        "Architectures": ["arm64"],
        "MemorySize": 256,
        "Timeout": 30,
        "Role": d.attribute("user-config/role", "arn"),
        "Environment": { "Variables": {
            "DATA_BUCKET": d.id("monitoring/data-bucket"),
            "KMS_KEY_ID": d.id("security/user-secrets-key"),
            "LOG_LEVEL": "INFO",
        } },
    });
    holds("function", &function["Configuration"], &expected);
    check_tags("user-config/function", &function["Tags"]);
    let policy = d.call("lambda", "get_policy", json!({ "FunctionName": name }))["Policy"].clone();
    let policy: Value = serde_json::from_str(policy.as_str().unwrap()).unwrap();
    let expected = json!([{
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Principal": { "Service": "elasticloadbalancing.amazonaws.com" },
        "Condition": { "ArnLike": { "AWS:SourceArn": d.id("compute/target-user-config") } },
    }]);
    holds("permission", &policy["Statement"], &expected);
    let logs = d.call("logs", "describe_log_groups", json!({ "logGroupNamePrefix": format!("/aws/lambda/{name}") }));
    holds("logs", &logs["logGroups"], &json!([{ "retentionInDays": 731 }]));
    let role = d.id("user-config/role");
    let names = d.call("iam", "list_role_policies", json!({ "RoleName": role }))["PolicyNames"].clone();
    let policy = d.call("iam", "get_role_policy", json!({ "RoleName": role, "PolicyName": names[0] }));
    let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
    let bucket = format!("arn:aws:s3:::{}", d.id("monitoring/data-bucket"));
    let objects = statements.iter().find(|s| s["Resource"] == format!("{bucket}/users/*")).unwrap();
    assert_eq!(sorted(&objects["Action"]), ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]);
    let list = statements.iter().find(|s| s["Resource"] == *bucket).unwrap();
    holds(
        "list",
        list,
        &json!({ "Action": "s3:ListBucket", "Condition": { "StringLike": { "s3:prefix": "users/*" } } }),
    );
    let key = statements.iter().find(|s| s["Resource"].as_str().is_some_and(|r| r.contains(":key/"))).unwrap();
    let actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"];
    assert_eq!(sorted(&key["Action"]), actions);
}

fn files(d: &Deployment) {
    let system = d.id("compute/workspace-fs");
    let found = &d.call("efs", "describe_file_systems", json!({}))["FileSystems"];
    let expected = json!([{
        "FileSystemId": system, "Encrypted": true, "PerformanceMode": "generalPurpose", "ThroughputMode": "bursting",
    }]);
    holds("file systems", found, &expected);
    assert!(found[0]["Tags"].as_array().unwrap().contains(&json!({ "Key": "backup", "Value": "true" })));
    let id = json!({ "FileSystemId": system });
    let transition = d.call("efs", "describe_lifecycle_configuration", id.clone());
    holds("life cycle", &transition["LifecyclePolicies"], &json!([{ "TransitionToIA": "AFTER_14_DAYS" }]));
    let policy = d.call("efs", "describe_file_system_policy", id.clone())["Policy"].clone();
    let policy: Value = serde_json::from_str(policy.as_str().unwrap()).unwrap();
    let expected = json!({
        "Effect": "Allow",
        "Principal": { "AWS": d.attribute("security/instance-role", "arn") },
        "Condition": { "Bool": { "elasticfilesystem:AccessedViaMountTarget": "true" } },
    });
    holds("policy", &policy["Statement"][0], &expected);
    let mounts = d.call("efs", "describe_mount_targets", id.clone())["MountTargets"].clone();
    let subnets: Vec<&Value> = mounts.as_array().unwrap().iter().map(|mount| &mount["SubnetId"]).collect();
    assert_eq!(sorted(&json!(subnets)), sorted(&d.account.fixture["private_subnets"]));
    for mount in mounts.as_array().unwrap() {
        let id = json!({ "MountTargetId": mount["MountTargetId"] });
        let groups = d.call("efs", "describe_mount_target_security_groups", id);
        assert_eq!(groups["SecurityGroups"], json!([d.id("security/efs-sg")]));
    }
    let point = &d.call("efs", "describe_access_points", id)["AccessPoints"];
    let expected = json!([{
        "PosixUser": { "Uid": 0, "Gid": 0 },
        "RootDirectory": {
            "Path": "/openhands",
            "CreationInfo": { "OwnerUid": 0, "OwnerGid": 0, "Permissions": "0777" },
        },
    }]);
    holds("access points", point, &expected);
}
