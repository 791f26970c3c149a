//! An account of its own in LocalStack, with what a user already has, and the command line in a folder of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The region that tests deploy to.
pub const REGION: &str = "us-west-2";

/// Counts the accounts of this process.
static ACCOUNTS: AtomicU32 = AtomicU32::new(0);

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it printed beside that.
    pub stderr: String,
}

/// An account.
pub struct Account {
    /// 12 digits.
    pub id: String,
    /// Where the command line sends its calls.
    pub endpoint: String,
    /// What the fixture has made.
    pub fixture: Value,
    folder: TempDir,
}

/// LocalStack's endpoint, which `cargo xtask test` supplies.
#[expect(clippy::disallowed_methods, reason = "tests are told where LocalStack is")]
pub fn localstack() -> String {
    std::env::var("OHINFRA_TEST_ENDPOINT")
        .unwrap_or_else(|_| unreachable!("no LocalStack: run these tests with `cargo xtask test`"))
}

#[expect(clippy::disallowed_methods, reason = "tests are told where LocalStack is")]
fn python() -> PathBuf {
    let environment = std::env::var("OHINFRA_TEST_PYTHON").unwrap_or_default();
    Path::new(&environment).join("bin/python")
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("localstack")
}

/// The command line that was built with this program: beside it, or one folder up for a test.
fn program() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let beside = this.ancestors().skip(1).take(2).map(|folder| folder.join("ohinfra"));
    beside.into_iter().find(|program| program.is_file()).context("ohinfra is not built: run this with `cargo xtask`")
}

impl Account {
    /// An account with the usual VPC and hosted zone.
    pub fn new() -> Result<Self> {
        Self::without(&[])
    }

    /// An account whose VPC lacks something: `nat`, `dns`, `public`.
    pub fn without(parts: &[&str]) -> Result<Self> {
        // Neither another test's nor another run's.
        let number =
            u64::from(std::process::id() % 1_000_000) * 1000 + u64::from(ACCOUNTS.fetch_add(1, Ordering::Relaxed));
        let id = format!("2{number:011}");
        let endpoint = localstack();
        let mut command = Command::new(python());
        command.arg(scripts().join("fixture.py"));
        command.args(["--endpoint", &endpoint, "--account", &id, "--region", REGION]);
        for part in parts {
            command.args(["--without", part]);
        }
        let output = command.stderr(Stdio::inherit()).output().context("cannot run the fixture")?;
        ensure!(output.status.success(), "the fixture failed");
        let fixture = serde_json::from_slice(&output.stdout)?;
        let account = Self { id, endpoint, fixture, folder: tempfile::tempdir()? };
        account.configure("")?;
        Ok(account)
    }

    /// The folder in which the command line runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An id that the fixture has made.
    pub fn fixture(&self, name: &str) -> &str {
        self.fixture[name].as_str().unwrap_or_default()
    }

    /// Writes the configuration: the usual keys, and more.
    pub fn configure(&self, more: &str) -> Result<()> {
        let usual = format!(
            "region = \"{REGION}\"\nvpc_id = \"{}\"\nhosted_zone_id = \"{}\"\ndomain_name = \"example.com\"\n",
            self.fixture("vpc_id"),
            self.fixture("hosted_zone_id")
        );
        self.write("ohinfra.toml", &format!("{usual}{more}"))
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::File::create(self.folder().join(name))?.write_all(text.as_bytes())?)
    }

    /// The command line in this account, not started.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(program()?);
        command
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .env("HOME", self.folder())
            .env("USER", "ada")
            .env("HOSTNAME", "laptop")
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", &self.id)
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(command)
    }

    /// Runs the command line to its end.
    pub fn run(&self, arguments: &[&str]) -> Result<Ended> {
        ended(&mut self.command(arguments)?)
    }

    /// Runs the command line, which must succeed.
    pub fn succeed(&self, arguments: &[&str]) -> Result<Ended> {
        let run = self.run(arguments)?;
        ensure!(run.code == Some(0), "`ohinfra {}` ended with {run:#?}", arguments.join(" "));
        Ok(run)
    }

    /// Makes calls with another SDK, in order; one process for all of them.
    pub fn calls(&self, calls: &[(&str, &str, Value)]) -> Result<Vec<Value>> {
        let calls: Vec<Value> = calls.iter().map(|(service, operation, p)| json!([service, operation, p])).collect();
        let mut child = Command::new(python())
            .arg(scripts().join("call.py"))
            .args(["--endpoint", &localstack(), "--account", &self.id, "--region", REGION])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().context("it has a standard input")?;
        stdin.write_all(json!(calls).to_string().as_bytes())?;
        drop(stdin);
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "calls failed");
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Makes one call with another SDK.
    pub fn call(&self, service: &str, operation: &str, parameters: Value) -> Result<Value> {
        Ok(self.calls(&[(service, operation, parameters)])?.remove(0))
    }

    /// Everything that the services of this account can list, not only what ohinfra knows: names and ids, without what
    /// changes by itself.
    pub fn inventory(&self) -> Result<Value> {
        let all = [
            ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
            ("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
            ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
            ("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
            ("iam", "list_roles", "Roles", "RoleName"),
            ("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
            ("s3", "list_buckets", "Buckets", "Name"),
            ("secretsmanager", "list_secrets", "SecretList", "Name"),
            ("kms", "list_aliases", "Aliases", "AliasName"),
            ("logs", "describe_log_groups", "logGroups", "logGroupName"),
            ("sns", "list_topics", "Topics", "TopicArn"),
            ("sns", "list_subscriptions", "Subscriptions", "Endpoint"),
            ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
            ("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
            ("backup", "list_backup_plans", "BackupPlansList", "BackupPlanId"),
        ];
        let mut calls: Vec<(&str, &str, Value)> =
            all.iter().map(|(service, operation, _, _)| (*service, *operation, json!({}))).collect();
        calls.push(("kms", "list_keys", json!({})));
        let mut answers = self.calls(&calls)?;
        let keys = answers.pop().unwrap_or_default();
        let mut inventory = serde_json::Map::new();
        for ((service, _, list, name), answer) in all.iter().zip(&answers) {
            let mut names: Vec<String> = answer[*list]
                .as_array()
                .into_iter()
                .flatten()
                .map(|item| item[*name].as_str().unwrap_or_default().to_owned())
                .collect();
            names.sort();
            inventory.insert(format!("{service} {list}"), json!(names));
        }
        // A key that is scheduled for deletion is as gone as a key can be.
        let ids: Vec<&str> =
            keys["Keys"].as_array().into_iter().flatten().filter_map(|key| key["KeyId"].as_str()).collect();
        let described: Vec<(&str, &str, Value)> =
            ids.iter().map(|id| ("kms", "describe_key", json!({ "KeyId": id }))).collect();
        let mut alive: Vec<String> = self
            .calls(&described)?
            .iter()
            .filter(|key| {
                key["KeyMetadata"]["KeyState"] != "PendingDeletion" && key["KeyMetadata"]["KeyManager"] == "CUSTOMER"
            })
            .filter_map(|key| key["KeyMetadata"]["KeyId"].as_str().map(str::to_owned))
            .collect();
        alive.sort();
        inventory.insert("kms Keys".to_owned(), json!(alive));
        Ok(Value::Object(inventory))
    }
}

/// Runs a program to its end.
pub fn ended(command: &mut Command) -> Result<Ended> {
    let output = command.output().context("cannot run ohinfra")?;
    Ok(Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
