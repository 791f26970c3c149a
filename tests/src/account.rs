//! A separate account in LocalStack with the prerequisites of a deployment, and the command line in a separate folder.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::helper;
use crate::proxy::Call;

/// The region that tests deploy to.
pub const REGION: &str = "us-west-2";

/// The number of accounts that this process has created.
static ACCOUNTS: AtomicU32 = AtomicU32::new(0);

/// The result of a program that ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The exit code; `None` if a signal ended the program.
    pub code: Option<i32>,
    /// The text on standard output.
    pub stdout: String,
    /// The text on standard error.
    pub stderr: String,
}

/// An account.
pub struct Account {
    /// 12 digits.
    pub id: String,
    /// The URL to which the command line sends its calls.
    pub endpoint: String,
    /// The IDs of the resources that the fixture created.
    pub fixture: Value,
    folder: TempDir,
}

/// LocalStack's endpoint, which `cargo xtask test` supplies.
#[expect(clippy::disallowed_methods, reason = "the environment sets the endpoint of LocalStack")]
pub fn localstack() -> String {
    std::env::var("OHINFRA_TEST_ENDPOINT")
        .unwrap_or_else(|_| unreachable!("no LocalStack: run these tests with `cargo xtask test`"))
}

/// Returns the command line that was built with this program: in the same folder, or one level up for a test.
fn program() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let beside = this.ancestors().skip(1).take(2).map(|folder| folder.join("ohinfra"));
    beside.into_iter().find(|program| program.is_file()).context("ohinfra is not built: run this with `cargo xtask`")
}

impl Account {
    /// Creates an account with the usual VPC and hosted zone.
    pub fn new() -> Result<Self> {
        Self::without(&[])
    }

    /// Creates an account whose VPC lacks some parts: `nat`, `dns`, `public`.
    pub fn without(parts: &[&str]) -> Result<Self> {
        Self::create(REGION, parts)
    }

    /// Creates an account whose VPC is in another region.
    pub fn in_region(region: &str) -> Result<Self> {
        Self::create(region, &[])
    }

    /// Returns the same account with a VPC in another region and a separate folder, for a second deployment.
    pub fn elsewhere(&self, region: &str) -> Result<Self> {
        let fixture = helper::ask(&json!({ "account": self.id, "region": region, "fixture": [] }))?;
        let other =
            Self { id: self.id.clone(), endpoint: self.endpoint.clone(), fixture, folder: tempfile::tempdir()? };
        other.configure_in(region, "")?;
        Ok(other)
    }

    fn create(region: &str, parts: &[&str]) -> Result<Self> {
        // Unique among tests and runs.
        let number =
            u64::from(std::process::id() % 1_000_000) * 1000 + u64::from(ACCOUNTS.fetch_add(1, Ordering::Relaxed));
        let id = format!("2{number:011}");
        let endpoint = localstack();
        let fixture = helper::ask(&json!({ "account": id, "region": region, "fixture": parts }))?;
        let account = Self { id, endpoint, fixture, folder: tempfile::tempdir()? };
        account.configure("")?;
        Ok(account)
    }

    /// Returns the working directory of the command line.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns an ID from the fixture.
    pub fn fixture(&self, name: &str) -> &str {
        self.fixture[name].as_str().unwrap_or_default()
    }

    /// Writes a configuration with the usual keys and additional text.
    pub fn configure(&self, more: &str) -> Result<()> {
        self.configure_in(REGION, more)
    }

    /// Writes a configuration for another region.
    pub fn configure_in(&self, region: &str, more: &str) -> Result<()> {
        let usual = format!(
            "region = \"{region}\"\nvpc_id = \"{}\"\nhosted_zone_id = \"{}\"\ndomain_name = \"example.com\"\n",
            self.fixture("vpc_id"),
            self.fixture("hosted_zone_id")
        );
        self.write("ohinfra.toml", &format!("{usual}{more}"))
    }

    /// Writes a file to the folder.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::File::create(self.folder().join(name))?.write_all(text.as_bytes())?)
    }

    /// Returns a command for this account without starting it.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(program()?);
        command
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .env("HOME", self.folder())
            .env("PATH", helper::programs())
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

    /// Runs the command line and waits for it to exit.
    pub fn run(&self, arguments: &[&str]) -> Result<Ended> {
        ended(&mut self.command(arguments)?)
    }

    /// Runs the command line; returns an error if it fails.
    pub fn succeed(&self, arguments: &[&str]) -> Result<Ended> {
        let run = self.run(arguments)?;
        ensure!(run.code == Some(0), "`ohinfra {}` ended with {run:#?}", arguments.join(" "));
        Ok(run)
    }

    /// Returns the state as a JSON document.
    pub fn state(&self) -> Result<Value> {
        Ok(serde_json::from_str(&self.succeed(&["state", "pull"])?.stdout)?)
    }

    /// Returns the current plan as a JSON document.
    pub fn plan(&self) -> Result<Value> {
        Ok(serde_json::from_str(&self.succeed(&["plan", "--json"])?.stdout)?)
    }

    /// Repeats a command until no deletion is deferred: CloudFront keeps replicas of functions for some time.
    pub fn finish(&self, arguments: &[&str]) -> Result<()> {
        for _ in 0..60 {
            let state = self.state()?;
            let mut resources = state["resources"].as_object().into_iter().flatten();
            if !resources.any(|(_, resource)| resource["deferred"] == true) {
                return Ok(());
            }
            self.succeed(arguments)?;
        }
        bail!("a deletion is still deferred")
    }

    /// Sends calls with another SDK, in order.
    pub fn calls(&self, calls: &[(&str, &str, Value)]) -> Result<Vec<Value>> {
        self.calls_in(REGION, calls)
    }

    /// Sends calls to another region with another SDK, in order.
    pub fn calls_in(&self, region: &str, calls: &[(&str, &str, Value)]) -> Result<Vec<Value>> {
        let calls: Vec<Value> = calls.iter().map(|(service, operation, p)| json!([service, operation, p])).collect();
        let answer = helper::ask(&json!({ "account": self.id, "region": region, "calls": calls }))?;
        Ok(serde_json::from_value(answer)?)
    }

    /// Sends one call to another region with another SDK.
    pub fn call_in(&self, region: &str, service: &str, operation: &str, parameters: Value) -> Result<Value> {
        let answer = self.calls_in(region, &[(service, operation, parameters)])?.remove(0);
        let error = answer.get("error").and_then(Value::as_str);
        ensure!(error.is_none(), "{service} {operation}: {}", error.unwrap_or_default());
        Ok(answer)
    }

    /// Changes one input of a resource outside ohinfra. Returns `false` if the resource does not have the input.
    pub fn mutate(&self, region: &str, kind: &str, path: &str, number: u64, resource: &Value) -> Result<bool> {
        let mutate = json!({ "kind": kind, "path": path, "number": number, "it": resource });
        let answer = helper::ask(&json!({ "account": self.id, "region": region, "mutate": mutate }))?;
        if let Some(error) = answer.get("error").and_then(Value::as_str) {
            bail!("{error}");
        }
        Ok(answer != "not here")
    }

    /// Sends one call with another SDK.
    pub fn call(&self, service: &str, operation: &str, parameters: Value) -> Result<Value> {
        Ok(self.calls(&[(service, operation, parameters)])?.remove(0))
    }

    /// Sets every member that is not an input, in an object that AWS replaces as a whole. The answer has the object
    /// (`filled`) and the defects of the table or the emulator (`invalid`, `unused`, `forgotten`).
    pub fn fill(&self, region: &str, kind: &str, id: &str) -> Result<Value> {
        helper::ask(&json!({ "account": self.id, "region": region, "fill": { "kind": kind, "id": id } }))
    }

    /// Returns the differences between the filled object and the update among recorded calls.
    pub fn compare(&self, region: &str, kind: &str, filled: &Value, calls: &[Call]) -> Result<Value> {
        let compare = json!({ "kind": kind, "filled": filled, "calls": recorded(calls) });
        helper::ask(&json!({ "account": self.id, "region": region, "compare": compare }))
    }

    /// Validates recorded requests against the AWS API models. Returns their number, their operations and all violations.
    pub fn validate(&self, calls: &[Call]) -> Result<Value> {
        helper::ask(&json!({ "account": self.id, "region": REGION, "validate": recorded(calls) }))
    }

    /// Returns all resources that the services of this account list, including those that ohinfra does not support.
    pub fn inventory(&self) -> Result<Inventory> {
        let answer = helper::ask(&json!({ "account": self.id, "region": REGION, "inventory": true }))?;
        Ok(Inventory(serde_json::from_value(answer)?))
    }
}

/// Returns recorded calls in the form that the process of the other SDK reads.
fn recorded(calls: &[Call]) -> Vec<Value> {
    let call = |call: &Call| {
        json!({
            "service": call.service, "operation": call.operation, "head": *call.head,
            "body": STANDARD.encode(&call.body),
        })
    };
    calls.iter().map(call).collect()
}

/// Returns the table of changes that other users could make in AWS: `mutated` lists kind, input and number; `left_out`
/// lists kind, input and reason.
pub fn mutations() -> Result<Value> {
    helper::ask(&json!({ "account": "000000000000", "region": REGION, "mutations": true }))
}

/// The resources of an account, each with its type, its ID and the description that the service returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory(Vec<(String, String, String)>);

impl Inventory {
    /// Returns the IDs of the resources of one type, `service List`.
    pub fn ids(&self, what: &str) -> Vec<&str> {
        self.0.iter().filter(|item| item.0 == what).map(|item| item.1.as_str()).collect()
    }

    /// Returns the inventory without one resource.
    #[must_use]
    pub fn without(mut self, what: &str, id: &str) -> Self {
        self.0.retain(|item| (item.0.as_str(), item.1.as_str()) != (what, id));
        self
    }

    /// Returns the resources that are in only one of two inventories, ignoring IDs and times; empty if the inventories
    /// match.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let contents = |inventory: &Self| {
            let mut counts: BTreeMap<(String, String), i64> = BTreeMap::new();
            for (what, _, content) in &inventory.0 {
                *counts.entry((what.clone(), content.clone())).or_default() += 1;
            }
            counts
        };
        let mut counts = contents(self);
        for (item, count) in contents(other) {
            *counts.entry(item).or_default() -= count;
        }
        let differing = counts.into_iter().filter(|(_, count)| *count != 0);
        differing.map(|((what, content), count)| format!("{count:+} {what}: {content}")).collect()
    }
}

/// Runs a program and waits for it to exit.
pub fn ended(command: &mut Command) -> Result<Ended> {
    let output = command.output().context("cannot run ohinfra")?;
    Ok(Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
