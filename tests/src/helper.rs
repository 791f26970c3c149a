//! Another SDK: a Python process with boto3 that answers line by line, one for every thread of the tests.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::account::localstack;

/// A running process. It ends when its input does.
struct Helper {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

thread_local! {
    static HELPER: RefCell<Option<Helper>> = const { RefCell::new(None) };
}

/// The interpreter of LocalStack's environment, which has boto3.
#[expect(clippy::disallowed_methods, reason = "the environment sets the path of Python")]
pub fn python() -> Command {
    let environment = std::env::var("OHINFRA_TEST_PYTHON").unwrap_or_default();
    Command::new(Path::new(&environment).join("bin/python"))
}

/// Returns the `PATH` of the command line: the stand-in for Docker, the Python that it needs, and system directories.
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
        let (input, output) = (child.stdin.take(), child.stdout.take().context("it has an output")?);
        Ok(Self { child, input, output: BufReader::new(output) })
    }

    fn ask(&mut self, request: &Value) -> Result<Value> {
        let input = self.input.as_mut().context("it has an input")?;
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
        // It ends at the end of its input.
        let _ = self.child.wait();
    }
}

/// Asks the process of this thread.
pub(crate) fn ask(request: &Value) -> Result<Value> {
    HELPER.with_borrow_mut(|helper| {
        let running = match helper {
            Some(running) => running,
            None => helper.insert(Helper::start()?),
        };
        running.ask(request)
    })
}
