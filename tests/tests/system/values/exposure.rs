//! Exposure of access and secrets in the account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ohinfra_tests::Account;
use serde_json::{Value, json};

const REGIONS: [&str; 2] = ["us-west-2", "us-east-1"];

fn list<'a>(answer: &'a Value, name: &str) -> Vec<&'a Value> {
    answer[name].as_array().into_iter().flatten().collect()
}

/// Returns the strings of a list, or a single string.
fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map_or_else(|| value.as_str().into_iter().collect(), |all| all.iter().filter_map(Value::as_str).collect())
}

/// Returns a policy document, decoded if the service returns it as a string.
fn document(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| serde_json::from_str(text).unwrap())
}

/// Returns the statements with the effect `Allow`.
fn allowed(policy: &Value) -> Vec<Value> {
    let policy = document(policy);
    let statements = policy["Statement"].as_array().cloned().unwrap_or_else(|| vec![policy["Statement"].clone()]);
    statements.into_iter().filter(|statement| statement["Effect"] == "Allow").collect()
}

/// Asserts that no policy of a role, or of a resource that roles use, allows every principal or every action on every
/// resource. Returns the number of statements.
fn policies(account: &Account) -> usize {
    let mut seen = 0;
    let mut check = |name: &str, policy: &Value| {
        for statement in allowed(policy) {
            seen += 1;
            let everything = texts(&statement["Action"]).contains(&"*") && texts(&statement["Resource"]).contains(&"*");
            assert!(!everything, "{name} allows everything: {statement:#}");
            let principal = &statement["Principal"];
            let is_public = texts(principal).contains(&"*") || texts(&principal["AWS"]).contains(&"*");
            assert!(!is_public, "{name} allows every principal: {statement:#}");
        }
    };
    let roles = account.call("iam", "get_account_authorization_details", json!({ "Filter": ["Role"] })).unwrap();
    for role in list(&roles, "RoleDetailList") {
        let name = role["RoleName"].as_str().unwrap();
        check(name, &role["AssumeRolePolicyDocument"]);
        for policy in list(role, "RolePolicyList") {
            check(name, &policy["PolicyDocument"]);
        }
        for policy in list(role, "AttachedManagedPolicies") {
            let arn = policy["PolicyArn"].as_str().unwrap();
            assert!(!arn.ends_with("/AdministratorAccess") && !arn.ends_with("/PowerUserAccess"), "{name}: {arn}");
        }
    }
    for bucket in list(&account.call("s3", "list_buckets", json!({})).unwrap(), "Buckets") {
        let bucket = json!({ "Bucket": bucket["Name"] });
        let public = account.call("s3", "get_public_access_block", bucket.clone()).unwrap();
        let blocks = public["PublicAccessBlockConfiguration"].as_object().unwrap();
        assert!(blocks.len() == 4 && blocks.values().all(|block| block == true), "{bucket}: {blocks:?}");
        check("the bucket", &account.call("s3", "get_bucket_policy", bucket).unwrap()["Policy"]);
    }
    for system in list(&account.call("efs", "describe_file_systems", json!({})).unwrap(), "FileSystems") {
        let id = json!({ "FileSystemId": system["FileSystemId"] });
        check("the file system", &account.call("efs", "describe_file_system_policy", id).unwrap()["Policy"]);
    }
    for alias in list(&account.call("kms", "list_aliases", json!({})).unwrap(), "Aliases") {
        if alias["AliasName"].as_str().is_some_and(|name| !name.starts_with("alias/aws/")) {
            let key = json!({ "KeyId": alias["TargetKeyId"], "PolicyName": "default" });
            // In a key policy, `*` is the key itself, and the root principal requires full access to it.
            let policy = document(&account.call("kms", "get_key_policy", key).unwrap()["Policy"]);
            let root = format!("arn:aws:iam::{}:root", account.id);
            assert!(allowed(&policy).iter().all(|statement| statement["Principal"]["AWS"] == root), "{policy:#}");
            seen += 1;
        }
    }
    seen
}

/// Returns the name and the value of every secret of the account.
fn secrets(account: &Account) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for region in REGIONS {
        let all = account.call_in(region, "secretsmanager", "list_secrets", json!({})).unwrap();
        for secret in list(&all, "SecretList") {
            let name = secret["Name"].as_str().unwrap();
            let value = json!({ "SecretId": name });
            let value = account.call_in(region, "secretsmanager", "get_secret_value", value).unwrap();
            let text = value["SecretString"].as_str().unwrap();
            let password =
                serde_json::from_str::<Value>(text).ok().and_then(|v| Some(v["password"].as_str()?.to_owned()));
            found.push((name.to_owned(), password.unwrap_or_else(|| text.to_owned())));
        }
    }
    found
}

/// Returns the texts that are readable with access only to the configuration of the account, each with its source.
fn readable(account: &Account) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for region in REGIONS {
        let functions = account.call_in(region, "lambda", "list_functions", json!({})).unwrap();
        found.extend(list(&functions, "Functions").iter().map(|f| (f["FunctionName"].to_string(), f.to_string())));
        let parameters = account.call_in(region, "ssm", "describe_parameters", json!({})).unwrap();
        for parameter in list(&parameters, "Parameters") {
            // Encrypted parameters require additional permission to decrypt them.
            if parameter["Type"] == "SecureString" {
                continue;
            }
            let value = json!({ "Name": parameter["Name"] });
            let value = account.call_in(region, "ssm", "get_parameter", value).unwrap();
            found.push((parameter["Name"].to_string(), value.to_string()));
        }
    }
    let versions = json!({ "Versions": ["$Latest"], "Filters": [] });
    let templates = account.call("ec2", "describe_launch_templates", json!({})).unwrap();
    for template in list(&templates, "LaunchTemplates") {
        let mut versions = versions.clone();
        versions["LaunchTemplateId"] = template["LaunchTemplateId"].clone();
        let versions = account.call("ec2", "describe_launch_template_versions", versions).unwrap();
        for version in list(&versions, "LaunchTemplateVersions") {
            let data = version["LaunchTemplateData"]["UserData"].as_str().unwrap();
            let script = String::from_utf8_lossy(&STANDARD.decode(data).unwrap()).into_owned();
            assert!(script.starts_with("#!"), "{script}");
            found.push(("the launch template".to_owned(), format!("{version}{script}")));
        }
    }
    for dashboard in list(&account.call("cloudwatch", "list_dashboards", json!({})).unwrap(), "DashboardEntries") {
        let name = json!({ "DashboardName": dashboard["DashboardName"] });
        let body = account.call("cloudwatch", "get_dashboard", name).unwrap();
        found.push(("the dashboard".to_owned(), body.to_string()));
    }
    found
}

#[test]
fn no_resource_is_public_or_exposes_a_secret() {
    let account = Account::new().unwrap();
    account.write("policy.json", &ohinfra_testkit::repository_file("config/sandbox-aws-policy.json")).unwrap();
    account.configure("[sandbox]\naws_access = true\naws_policy_file = \"policy.json\"\n").unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();

    let rules = account.call("ec2", "describe_security_group_rules", json!({})).unwrap();
    let ingress: Vec<&Value> =
        list(&rules, "SecurityGroupRules").into_iter().filter(|rule| rule["IsEgress"] == false).collect();
    assert!(ingress.len() >= 8, "{ingress:#?}");
    for rule in ingress {
        assert!(rule["CidrIpv4"] != "0.0.0.0/0" && rule["CidrIpv6"] != "::/0", "open to the internet: {rule:#}");
    }
    assert!(policies(&account) >= 20);

    let secrets = secrets(&account);
    assert!(secrets.len() >= 5, "{:?}", secrets.iter().map(|(name, _)| name).collect::<Vec<_>>());
    let readable = readable(&account);
    assert!(readable.len() >= 10);
    for (what, text) in &readable {
        for (name, secret) in &secrets {
            assert!(!text.contains(secret.as_str()), "{what} exposes {name}");
        }
    }
}
