//! Operations on the whole platform: more domains, new versions, rotations, another region, restoring from a snapshot.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ohinfra_tests::Account;
use ohinfra_tests::account::ended;
use ohinfra_tests::crash::{killed_when, resume};
use serde_json::{Value, json};

/// Returns the actions of a plan, each as `action address`.
fn actions(plan: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let changes = plan["changes"].as_array().unwrap();
    changes.iter().map(|change| format!("{} {}", text(&change["action"]), text(&change["address"]))).collect()
}

fn id(state: &Value, address: &str) -> String {
    state["resources"][address]["id"].as_str().unwrap_or_else(|| panic!("no {address}")).to_owned()
}

fn is_settled(account: &Account) {
    let settled = account.run(&["plan", "--detailed-exitcode"]).unwrap();
    assert_eq!(settled.code, Some(0), "{}", settled.stdout);
}

/// Purges the deployment. CloudFront keeps replicas of functions for some time, so later runs complete deferred deletions.
fn purge(account: &Account) {
    let purge = ["destroy", "--purge", "--yes"];
    account.succeed(&purge).unwrap();
    account.finish(&purge).unwrap();
    assert!(account.state().unwrap()["resources"].as_object().unwrap().is_empty());
}

const TWO: &str =
    "[[edge]]\nsuffix = \"one\"\n[[edge]]\nsuffix = \"two\"\nsub_domain = \"other\"\nruntime_access = \"public\"\n";

/// Copies the named fields of an object to another object.
fn copy(from: &Value, names: &[&str], to: &mut Value) {
    for name in names {
        if let Some(value) = from.get(name) {
            to[name] = value.clone();
        }
    }
}

/// Configures settings that ohinfra does not manage: the email sender of the pool and the writable attributes of users.
fn configure_unmanaged_login_settings(account: &Account, pool: &str, client: &str) -> [Value; 2] {
    let found = login(account, pool, client);
    let mails = json!({ "EmailSendingAccount": "DEVELOPER", "From": "ops@example.com",
        "SourceArn": "arn:aws:ses:us-east-1:111111111111:identity/example.com" });
    let mut update = json!({ "UserPoolId": pool, "EmailConfiguration": mails });
    let names =
        ["Policies", "DeletionProtection", "AutoVerifiedAttributes", "VerificationMessageTemplate", "MfaConfiguration"];
    copy(&found[0], &names, &mut update);
    copy(&found[0], &["AdminCreateUserConfig", "AccountRecoverySetting", "UserPoolTags"], &mut update);
    // Cognito rejects the legacy name of TemporaryPasswordValidityDays, which DescribeUserPool still returns.
    update["AdminCreateUserConfig"].as_object_mut().unwrap().remove("UnusedAccountValidityDays");
    account.call_in("us-east-1", "cognito-idp", "update_user_pool", update).unwrap();

    let mut update = found[1].clone();
    for name in ["ClientSecret", "LastModifiedDate", "CreationDate"] {
        update.as_object_mut().unwrap().remove(name);
    }
    update["WriteAttributes"] = json!(["email"]);
    account.call_in("us-east-1", "cognito-idp", "update_user_pool_client", update).unwrap();
    [mails, json!(["email"])]
}

/// Returns the user pool and its client.
fn login(account: &Account, pool: &str, client: &str) -> [Value; 2] {
    let ids = json!({ "UserPoolId": pool, "ClientId": client });
    let found =
        account.call_in("us-east-1", "cognito-idp", "describe_user_pool", json!({ "UserPoolId": pool })).unwrap();
    let client = account.call_in("us-east-1", "cognito-idp", "describe_user_pool_client", ids).unwrap();
    [found["UserPool"].clone(), client["UserPoolClient"].clone()]
}

#[test]
fn a_second_domain_affects_only_shared_resources() {
    let account = Account::new().unwrap();
    let one = "[[edge]]\nsuffix = \"one\"\n";
    // Public domains would change the routing of the instance; without them, the shared resources do not change.
    let two = TWO.replace("runtime_access = \"public\"\n", "");
    account.configure(one).unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let state = account.state().unwrap();
    let (pool, client) = (id(&state, "auth/user-pool"), id(&state, "auth/client"));
    let client = client.split_once(':').unwrap().1;
    let [mails, attributes] = configure_unmanaged_login_settings(&account, &pool, client);
    is_settled(&account);

    account.configure(&two).unwrap();
    let added = actions(&account.plan().unwrap());
    let shared: Vec<&String> = added.iter().filter(|action| !action.contains(" edge-two/")).collect();
    let expected = ["update auth/client", "update auth/user-pool", "update compute/rules-settled"];
    let (settled, others): (Vec<&&String>, Vec<&&String>) =
        shared.iter().partition(|action| action.contains("rules-settled"));
    assert!(settled.len() <= 1 && others.iter().map(|a| a.as_str()).eq(expected[..2].iter().copied()), "{shared:?}");
    assert!(added.iter().all(|action| !action.contains(" edge-two/") || action.starts_with("create ")), "{added:?}");
    account.succeed(&["apply", "--yes"]).unwrap();
    is_settled(&account);
    let [now, client] = login(&account, &pool, client);
    assert_eq!(
        (&now["EmailConfiguration"], &client["WriteAttributes"]),
        (&mails, &attributes),
        "unmanaged settings were changed"
    );

    account.configure(one).unwrap();
    let removed = actions(&account.plan().unwrap());
    assert!(
        removed.iter().all(|a| a.starts_with("delete edge-two/")
            || a.starts_with("retain edge-two/")
            || expected.contains(&a.as_str())),
        "{removed:?}"
    );
    account.succeed(&["apply", "--yes"]).unwrap();
    is_settled(&account);
    let left = account.state().unwrap();
    let left: Vec<&String> =
        left["resources"].as_object().unwrap().keys().filter(|a| a.starts_with("edge-two")).collect();
    assert!(
        left.iter().all(|address| address.contains("function")),
        "deletions other than those of functions are deferred: {left:?}"
    );
    purge(&account);
}

#[test]
fn a_changed_boot_script_and_changed_edge_code_are_rolled_out() {
    let mut account = Account::new().unwrap();
    account.configure(TWO).unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let before = account.state().unwrap();

    let model = "[models]\ndefault = \"bedrock/other\"\n";
    account.configure(&format!("{TWO}{model}")).unwrap();
    let planned = actions(&account.plan().unwrap());
    for action in ["replace compute/boot-bundle", "update compute/launch-template", "update compute/asg"] {
        assert!(planned.contains(&action.to_owned()), "{planned:?}");
    }
    // Kill the apply after it created the version and before the version becomes the default: the next run uses this version.
    let apply = ["apply", "--yes"];
    killed_when(&mut account, &apply, |call| call.operation == "ModifyLaunchTemplate", false).unwrap();
    let versions = || {
        let template = json!({ "LaunchTemplateIds": [id(&before, "compute/launch-template")] });
        let answer = account.call("ec2", "describe_launch_templates", template).unwrap();
        let number = |name: &str| answer["LaunchTemplates"][0][name].as_u64().unwrap();
        (number("DefaultVersionNumber"), number("LatestVersionNumber"))
    };
    assert_eq!(versions(), (1, 2));
    resume(&account, &apply).unwrap();
    assert_eq!(versions(), (2, 2));
    is_settled(&account);
    let group = json!({ "AutoScalingGroupName": id(&before, "compute/asg") });
    let refreshes = account.call("autoscaling", "describe_instance_refreshes", group).unwrap();
    assert_eq!(refreshes["InstanceRefreshes"][0]["Status"], "Successful", "{refreshes:#}");
    assert_eq!(refreshes["InstanceRefreshes"][0]["Preferences"]["AutoRollback"], true);

    // Access logging that was enabled outside ohinfra is kept.
    let distribution = json!({ "Id": id(&before, "edge-one/distribution") });
    let mut answer = account.call("cloudfront", "get_distribution_config", distribution.clone()).unwrap();
    let logging =
        json!({ "Enabled": true, "IncludeCookies": false, "Bucket": "logs.s3.amazonaws.com", "Prefix": "edge/" });
    answer["DistributionConfig"]["Logging"] = logging.clone();
    let config = &answer["DistributionConfig"];
    let changed = json!({ "Id": distribution["Id"], "IfMatch": answer["ETag"], "DistributionConfig": config });
    account.call("cloudfront", "update_distribution", changed).unwrap();
    is_settled(&account);

    // Only the function of one domain gets a new version; CloudFront still has replicas of the old version.
    let public = TWO.replace("suffix = \"one\"", "suffix = \"one\"\nruntime_access = \"public\"");
    account.configure(&format!("{public}{model}")).unwrap();
    let planned = actions(&account.plan().unwrap());
    assert!(planned.iter().all(|action| action.contains(" edge-one/")), "{planned:?}");
    let applied = account.succeed(&["apply", "--yes"]).unwrap().stdout;
    assert!(applied.contains("edge-one/auth-function-version deletion deferred"), "{applied}");
    is_settled(&account);
    let after = account.state().unwrap();
    let (old, new) = (id(&before, "edge-one/auth-function-version"), id(&after, "edge-one/auth-function-version"));
    assert_ne!(old, new);
    assert_eq!(after["resources"]["edge-one/auth-function-version"]["deposed"], json!([old]));
    let config =
        account.call("cloudfront", "get_distribution_config", distribution).unwrap()["DistributionConfig"].clone();
    let functions = config["DefaultCacheBehavior"]["LambdaFunctionAssociations"]["Items"].as_array().unwrap();
    let version = new.rsplit(':').next().unwrap();
    assert!(functions.iter().any(|f| f["LambdaFunctionARN"].as_str().unwrap().ends_with(&format!("-auth:{version}"))));
    assert_eq!(config["Logging"], logging);

    // A later apply without other changes deletes the old version.
    account.finish(&["apply", "--yes"]).unwrap();
    assert!(account.state().unwrap()["resources"]["edge-one/auth-function-version"].get("deposed").is_none());
    purge(&account);
}

/// Returns the header values that a rule accepts and the value that the distribution sends.
fn header(account: &Account, state: &Value, rule: &str) -> (Vec<String>, String) {
    let rules = json!({ "RuleArns": [id(state, rule)] });
    let rules = account.call("elbv2", "describe_rules", rules).unwrap();
    let conditions = rules["Rules"][0]["Conditions"].as_array().unwrap();
    let values = conditions.iter().find_map(|condition| condition["HttpHeaderConfig"]["Values"].as_array()).unwrap();
    let distribution = json!({ "Id": id(state, "edge/distribution") });
    let config = account.call("cloudfront", "get_distribution_config", distribution).unwrap();
    let sent = &config["DistributionConfig"]["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]["HeaderValue"];
    (values.iter().map(|value| value.as_str().unwrap().to_owned()).collect(), sent.as_str().unwrap().to_owned())
}

#[test]
fn a_header_rotation_refuses_no_request() {
    let mut account = Account::new().unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let known = account.state().unwrap();
    let (accepted, sent) = header(&account, &known, "compute/rule-app");
    assert_eq!(accepted, [sent.as_str()]);

    let proxy = ohinfra_tests::Proxy::counting(&account.endpoint).unwrap();
    let upstream = std::mem::replace(&mut account.endpoint, proxy.endpoint.clone());
    account.succeed(&["apply", "--yes", "--rotate", "security/origin-verify-secret"]).unwrap();
    account.endpoint = upstream;
    // Every rule accepts the new value before CloudFront sends it, and drops the old value after that.
    let calls = proxy.calls();
    let at = |operation: &str| -> Vec<std::time::Duration> {
        calls.iter().filter(|call| call.operation.contains(operation)).map(|call| call.ended).collect()
    };
    let (rules, update) = (at("ModifyRule"), at("PUT /2020-05-31/distribution/"));
    assert_eq!((rules.len(), update.len()), (6, 1), "each of the three rules is updated twice");
    assert_eq!(rules.iter().filter(|ended| **ended < update[0]).count(), 3);

    for rule in ["compute/rule-app", "compute/rule-runtime", "compute/rule-user-config"] {
        let (accepted, new) = header(&account, &known, rule);
        assert_eq!(accepted, [new.as_str()], "{rule}");
        assert_ne!(new, sent);
    }
    is_settled(&account);
    let refused = account.run(&["apply", "--yes", "--rotate", "database/admin-secret"]).unwrap();
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("cannot be rotated"), "{}", refused.stderr);

    // The rotation updates the password of the database user and replaces the instance.
    let rotated = account.succeed(&["apply", "--yes", "--rotate", "database/proxy-secret"]).unwrap().stderr;
    for address in ["database/bootstrap: updated", "compute/launch-template: updated", "compute/asg: updated"] {
        assert!(rotated.contains(address), "{rotated}");
    }
    is_settled(&account);
    purge(&account);
}

#[test]
fn the_database_is_restored_from_the_snapshot_of_a_destroy() {
    let account = Account::new().unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let first = account.state().unwrap();
    account.succeed(&["destroy", "--yes"]).unwrap();
    let snapshots = account.call("rds", "describe_db_cluster_snapshots", json!({})).unwrap();
    assert_eq!(snapshots["DBClusterSnapshots"].as_array().unwrap().len(), 1);

    account.configure("[database]\nrestore_from_snapshot = \"latest\"\n").unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    is_settled(&account);
    let clusters = account.call("rds", "describe_db_clusters", json!({})).unwrap();
    let cluster = &clusters["DBClusters"][0];
    // Settings that a snapshot does not contain are as configured.
    assert_eq!(cluster["BackupRetentionPeriod"], 35);
    assert_eq!(cluster["HttpEndpointEnabled"], true);
    assert_eq!(cluster["PreferredBackupWindow"], "03:00-04:00");
    let tags = cluster["TagList"].as_array().unwrap();
    assert!(tags.iter().all(|tag| tag["Key"] != "ohinfra:restoring"), "{tags:?}");
    // The resources that hold data are the same as before; a secret that was scheduled for deletion is restored.
    let second = account.state().unwrap();
    for address in ["monitoring/data-bucket", "compute/workspace-fs", "auth/user-pool", "database/proxy-secret"] {
        assert_eq!(id(&first, address), id(&second, address), "{address}");
    }
    purge(&account);
    let snapshots = account.call("rds", "describe_db_cluster_snapshots", json!({})).unwrap();
    assert_eq!(snapshots["DBClusterSnapshots"].as_array().unwrap().len(), 0, "a purge left snapshots");
}

#[test]
fn two_deployments_with_different_names_coexist_in_an_account() {
    let account = Account::new().unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    account.configure("name = \"second\"\nsub_domain = \"second\"\n[network]\nendpoints = { bedrock-runtime = false, secretsmanager = false, ecr-api = false, ecr-dkr = false, logs = false, ssm = false, ssmmessages = false, ec2messages = false }\n").unwrap();
    let planned = account.run(&["plan"]).unwrap();
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    account.succeed(&["apply", "--yes"]).unwrap();
    is_settled(&account);
    purge(&account);
    account.configure("").unwrap();
    is_settled(&account);
    purge(&account);
}

#[test]
fn the_main_region_can_be_us_east_1() {
    let account = Account::in_region("us-east-1").unwrap();
    account.configure_in("us-east-1", "").unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    is_settled(&account);
    purge(&account);
}

#[test]
fn custom_images_are_built_on_change_and_pulled_from_the_registry() {
    let account = Account::new().unwrap();
    let found = account.inventory().unwrap();
    let build = "[images]\nsource = \"build\"\n";
    account.configure(build).unwrap();
    let without_docker = ended(account.command(&["plan"]).unwrap().env("PATH", account.folder())).unwrap();
    assert_eq!(without_docker.code, Some(1), "{without_docker:#?}");
    for message in ["docker buildx not found", "remove `images.source`"] {
        assert!(without_docker.stderr.contains(message), "{}", without_docker.stderr);
    }

    account.succeed(&["apply", "--yes"]).unwrap();
    is_settled(&account);
    let state = account.state().unwrap();
    let (repository, tag) = ("openhands/openhands", "compute/image-openhands");
    let tags = || {
        let answer = account.call("ecr", "describe_images", json!({ "repositoryName": repository })).unwrap();
        let images = answer["imageDetails"].as_array().unwrap().clone();
        images.iter().map(|image| image["imageTags"][0].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let built = tags();
    assert_eq!(id(&state, tag), format!("{repository}:{}", built[0]));
    let template = json!({ "LaunchTemplateId": id(&state, "compute/launch-template"), "Versions": ["$Default"] });
    let versions = account.call("ec2", "describe_launch_template_versions", template).unwrap();
    let user_data =
        versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["UserData"].as_str().unwrap().to_owned();
    let user_data = String::from_utf8(STANDARD.decode(user_data).unwrap()).unwrap();
    let registry = format!("{}.dkr.ecr.us-west-2.amazonaws.com", account.id);
    assert!(
        user_data.contains(&format!("registry='{registry}'\n"))
            || user_data.contains(&format!("registry={registry}\n"))
    );
    assert!(
        user_data.contains(&format!("{registry}/openhands/agent-server:")),
        "the sandbox image is not pulled at startup"
    );

    // A failed build is reported, and the previous image is kept.
    let on = |digit: &str| format!("{build}openhands_digest = \"sha256:{}\"\n", digit.repeat(64));
    account.configure(&on("0")).unwrap();
    let failed = account.run(&["apply", "--yes"]).unwrap();
    assert_eq!(failed.code, Some(1));
    assert!(failed.stderr.contains(&format!("@sha256:{}: not found", "0".repeat(64))), "{}", failed.stderr);
    assert_eq!(tags(), built);

    account.configure(&on("1")).unwrap();
    let changes = actions(&account.plan().unwrap());
    assert!(changes.contains(&format!("replace {tag}")), "{changes:#?}");
    assert!(!changes.iter().any(|change| change.contains("image-agent-server")), "{changes:#?}");
    account.succeed(&["apply", "--yes"]).unwrap();
    is_settled(&account);
    assert_eq!(tags().len(), 1, "the old image was not deleted");
    assert_ne!(tags(), built);
    purge(&account);
    assert_eq!(account.inventory().unwrap().differences(&found), Vec::<String>::new());
}
