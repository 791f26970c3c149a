//! Another SDK: a Python process with boto3 for each test thread, which responds to JSON requests line by line.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::account::localstack;

/// A running process. It exits at the end of its input.
struct Helper {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

thread_local! {
    static HELPER: RefCell<Option<Helper>> = const { RefCell::new(None) };
}

/// Returns the Python interpreter of LocalStack's virtual environment, which includes boto3.
#[expect(clippy::disallowed_methods, reason = "the environment sets the path of Python")]
pub fn python() -> Command {
    let environment = std::env::var("OHINFRA_TEST_PYTHON").unwrap_or_default();
    Command::new(Path::new(&environment).join("bin/python"))
}

/// Returns the `PATH` of the command line: the substitute for Docker, the Python that it requires, and system directories.
pub fn programs() -> std::ffi::OsString {
    let docker = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker");
    let python = Path::new(python().get_program()).parent().map(Path::to_path_buf).unwrap_or_default();
    let folders = [docker, python, "/usr/bin".into(), "/bin".into()];
    std::env::join_paths(folders).unwrap_or_default()
}

/// Returns the path of a script.
pub fn script(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("localstack").join(name)
}

impl Helper {
    fn start() -> Result<Self> {
        let mut child = python()
            .arg(script("call.py"))
            .args(["--endpoint", &localstack()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start Python")?;
        let (input, output) = (child.stdin.take(), child.stdout.take().context("standard output is not piped")?);
        Ok(Self { child, input, output: BufReader::new(output) })
    }

    fn ask(&mut self, request: &Value) -> Result<Value> {
        let input = self.input.as_mut().context("standard input is not piped")?;
        writeln!(input, "{request}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "calls failed: see above");
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.input = None;
        // The process exits at the end of its input.
        let _ = self.child.wait();
    }
}

/// Sends a request to the process of this thread and returns its response.
pub(crate) fn ask(request: &Value) -> Result<Value> {
    HELPER.with_borrow_mut(|helper| {
        let running = match helper {
            Some(running) => running,
            None => helper.insert(Helper::start()?),
        };
        running.ask(request)
    })
}
