//! LocalStack as a host process on a free port. It is stopped by its process ID, and its data is deleted.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::python;
use crate::shell::{self, command, output, root};

/// Timeout of a start. A start usually takes 2 to 3 seconds.
const START_TIMEOUT: Duration = Duration::from_secs(90);

#[derive(Subcommand)]
pub(crate) enum Task {
    /// Start LocalStack in the background
    Start {
        /// The port [default: a free port]
        #[arg(long)]
        port: Option<u16>,
    },
    /// Stop the LocalStack that `start` started
    Stop,
    /// Show the endpoint and the process of the running LocalStack
    Status,
}

/// A running LocalStack. Dropping the value stops it.
pub(crate) struct Server {
    child: Option<Child>,
    /// The URL that it listens on.
    pub(crate) endpoint: String,
    /// The directory of its virtual environment.
    pub(crate) environment: PathBuf,
    folder: PathBuf,
}

fn folder() -> PathBuf {
    root().join(".localstack")
}

impl Server {
    /// Starts LocalStack and waits until it is healthy. Uses a free port if `port` is `None`.
    pub(crate) fn start(port: Option<u16>) -> Result<Self> {
        let environment = python::localstack()?;
        let port = match port {
            Some(port) => port,
            None => TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
        };
        let folder = folder().join(port.to_string());
        std::fs::create_dir_all(&folder)?;
        let log = File::create(folder.join("log"))?;
        let child = Command::new(environment.join("bin/python"))
            .args(["-m", "localstack.runtime.main"])
            .env("GATEWAY_LISTEN", format!("127.0.0.1:{port}"))
            .env("LOCALSTACK_VOLUME_DIR", folder.join("volume"))
            // LocalStack caches its list of plugins here; the cache of an older environment would hide ours.
            .env("XDG_CACHE_HOME", environment.join("cache"))
            .env("SKIP_SSL_CERT_DOWNLOAD", "1")
            .env("DISABLE_EVENTS", "1")
            .env("DNS_ADDRESS", "0")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("failed to start LocalStack")?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let mut server = Self { child: Some(child), endpoint, environment, folder };
        server.wait(port)?;
        Ok(server)
    }

    /// Runs a build and, at the same time, installs and starts LocalStack and runs checks on it. The build of the AWS SDK leaves a
    /// core idle for minutes.
    pub(crate) fn start_during(
        build: impl FnOnce() -> Result<()>,
        checks: impl FnOnce(&Self) -> Result<()> + Send,
    ) -> Result<Self> {
        std::thread::scope(|scope| {
            let server = scope.spawn(|| {
                let server = Self::start(None)?;
                checks(&server)?;
                Ok(server)
            });
            let built = build();
            let server = server.join().map_err(|_| anyhow!("the thread of LocalStack panicked"))?;
            built?;
            server
        })
    }

    fn wait(&mut self, port: u16) -> Result<()> {
        let began = Instant::now();
        loop {
            if is_healthy(port) {
                return Ok(());
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if ended.is_some() || began.elapsed() > START_TIMEOUT {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(20).collect();
                bail!("LocalStack did not start:\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Creates the resources that users bring, such as a VPC and a hosted zone, in a separate account.
    pub(crate) fn fixture(&self, account: &str, region: &str) -> Result<Value> {
        let script = root().join("tests/localstack/fixture.py");
        let mut command = Command::new(self.environment.join("bin/python"));
        command.arg(script).args(["--endpoint", &self.endpoint, "--account", account, "--region", region]);
        Ok(serde_json::from_str(&output(&mut command)?)?)
    }

    /// Tests the plug-in against the behavior that AWS documents.
    pub(crate) fn test_plugin(&self) -> Result<()> {
        let mut tests = command(self.environment.join("bin/python"), &["-B", "-m", "unittest", "discover", "tests"]);
        shell::run(tests.current_dir(root().join("tests/localstack")).env("OHINFRA_TEST_ENDPOINT", &self.endpoint))
    }

    /// Returns the path of its log.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Keeps it running until `cargo xtask localstack stop`.
    pub(crate) fn keep(mut self) -> Result<()> {
        let child = self.child.take().context("LocalStack is already kept")?;
        let note = json!({ "pid": child.id(), "endpoint": self.endpoint, "folder": self.folder });
        let mut file = File::create(folder().join("running.json"))?;
        writeln!(file, "{note:#}")?;
        // Dropping the handle does not stop the process.
        drop(child);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            terminate(child.id());
            // Reap the process.
            let _ = child.wait();
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Sends SIGTERM to a process, so that LocalStack can clean up.
fn terminate(pid: u32) {
    let _ = Command::new("kill").arg(pid.to_string()).status();
}

fn is_healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /_localstack/health HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains("\"services\""))
}

fn running() -> Option<(u32, String, PathBuf)> {
    let note = std::fs::read_to_string(folder().join("running.json")).ok()?;
    let note: Value = serde_json::from_str(&note).ok()?;
    let pid = u32::try_from(note["pid"].as_u64()?).ok()?;
    let is_alive = Path::new(&format!("/proc/{pid}/cmdline")).exists();
    is_alive.then(|| {
        (
            pid,
            note["endpoint"].as_str().unwrap_or_default().to_owned(),
            note["folder"].as_str().unwrap_or_default().into(),
        )
    })
}

pub(crate) fn run(task: &Task) -> Result<()> {
    match task {
        Task::Start { port } => {
            if let Some((_, endpoint, _)) = running() {
                println!("LocalStack is already running: export AWS_ENDPOINT_URL={endpoint}");
                return Ok(());
            }
            let server = Server::start(*port)?;
            println!("Started LocalStack: export AWS_ENDPOINT_URL={}", server.endpoint);
            println!("Set AWS_ACCESS_KEY_ID to any 12 digits: they are the account ID.");
            server.keep()
        }
        Task::Stop => {
            match running() {
                Some((pid, endpoint, data)) => {
                    terminate(pid);
                    let began = Instant::now();
                    while Path::new(&format!("/proc/{pid}")).exists() && began.elapsed() < Duration::from_secs(20) {
                        std::thread::sleep(Duration::from_millis(100));
                    }
                    let _ = std::fs::remove_dir_all(data);
                    println!("Stopped LocalStack at {endpoint}.");
                }
                None => println!("LocalStack is not running."),
            }
            let _ = std::fs::remove_file(folder().join("running.json"));
            Ok(())
        }
        Task::Status => {
            match running() {
                Some((pid, endpoint, data)) => {
                    println!("LocalStack is running at {endpoint} (process {pid}, log {})", data.join("log").display());
                }
                None => println!("LocalStack is not running."),
            }
            Ok(())
        }
    }
}
