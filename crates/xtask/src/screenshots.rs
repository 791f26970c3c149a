//! Takes the pictures of a terminal in `docs/pictures`: an apply and a plan with drift, on LocalStack.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use serde_json::json;

use crate::demo::{self, ACCOUNT, REGION};
use crate::localstack::Server;
use crate::python;
use crate::shell::{root, run as run_program};

/// Takes all pictures.
pub(crate) fn run() -> Result<()> {
    let python = python::tools()?.join("bin/python");
    let server = demo::prepare()?;
    let demo = demo::on_localstack(&server, "screenshots")?;
    demo.step("Create the state bucket", &["bootstrap"])?;
    let picture = |name: &str, options: &[&str], arguments: &[&str]| -> Result<()> {
        let mut command = Command::new(&python);
        command.arg(root().join("tests/tools/terminal.py")).args(options);
        command.arg(root().join("docs/pictures").join(name)).arg(&demo.program).args(arguments);
        demo.prepare(&mut command);
        run_program(&mut command)
    };
    // A picture from the middle of the run, which shows the running steps.
    picture("apply", &["--lines", "26", "--until", "([5-9][0-9]|1[0-2][0-9])/1[0-9]{2} "], &["apply", "--yes"])?;
    change_outside(&server)?;
    picture("plan", &[], &["plan", "--set", "compute.instance_type=m7g.2xlarge"])
}

/// Changes the deployment without ohinfra.
fn change_outside(server: &Server) -> Result<()> {
    let calls = json!([
        ["logs", "put_retention_policy", {"logGroupName": "/openhands/application", "retentionInDays": 7}],
        ["kms", "delete_alias", {"AliasName": "alias/openhands-user-secrets"}],
    ]);
    let mut child = Command::new(server.environment.join("bin/python"))
        .arg(root().join("tests/localstack/call.py"))
        .args(["--endpoint", &server.endpoint])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{}", json!({"account": ACCOUNT, "region": REGION, "calls": calls}))?;
    }
    let output = child.wait_with_output()?;
    let answer = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && !answer.contains("\"error\""), "failed to change the deployment: {answer}");
    Ok(())
}
