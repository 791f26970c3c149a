//! A demo of the main commands, on LocalStack or on the in-memory cloud of the tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::localstack::Server;
use crate::openhands;
use crate::shell::{cargo, debug_folder, root, run as run_program};

/// The account and the region of the demo.
pub(crate) const ACCOUNT: &str = "111111111111";
pub(crate) const REGION: &str = "us-west-2";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Use the in-memory cloud of the tests instead of LocalStack: no AWS SDK, no Python, about two minutes on a fresh machine
    #[arg(long, conflicts_with_all = ["keep", "with_app"])]
    fake: bool,
    /// Keep LocalStack and the deployment running
    #[arg(long)]
    keep: bool,
    /// Also run OpenHands on a Docker engine, with two users and an agent; with --keep, until Ctrl-C
    #[arg(long)]
    with_app: bool,
}

/// A deployment of the demo.
pub(crate) struct Demo {
    /// The path of ohinfra.
    pub(crate) program: PathBuf,
    folder: PathBuf,
    environment: Vec<(&'static str, String)>,
    /// The log of LocalStack, which has a line for each call.
    log: Option<PathBuf>,
}

impl Demo {
    /// Writes the configuration to an empty folder.
    fn new(program: &str, folder: &str, vpc_id: &str, hosted_zone_id: &str) -> Result<Self> {
        let folder = root().join(".localstack").join(folder);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let template = std::fs::read_to_string(root().join("config/localstack.toml"))?;
        let text = template.replace("<vpc_id>", vpc_id).replace("<hosted_zone_id>", hosted_zone_id);
        let mut file = std::fs::File::create(folder.join("ohinfra.toml"))?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        std::fs::copy(root().join("config/sandbox-aws-policy.json"), folder.join("sandbox-aws-policy.json"))?;
        Ok(Self { program: debug_folder()?.join(program), folder, environment: Vec::new(), log: None })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments);
        self.prepare(&mut command);
        command
    }

    /// Sets the directory and the variables with which ohinfra finds the deployment.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command.current_dir(&self.folder);
        // ohinfra reads configuration keys from these variables; those of the tests are not configuration keys.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OHINFRA_")) {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }

    /// Returns the number of calls that LocalStack has answered, from its log.
    fn calls(&self) -> Option<usize> {
        let log = std::fs::read_to_string(self.log.as_ref()?).unwrap_or_default();
        Some(log.lines().filter(|line| line.contains(" : AWS ") && line.contains(" => ")).count())
    }

    /// Runs a command, and prints its duration and the number of its calls.
    pub(crate) fn step(&self, title: &str, arguments: &[&str]) -> Result<()> {
        println!("\n── {title}\n$ ohinfra {}", arguments.join(" "));
        let (began, before) = (Instant::now(), self.calls());
        let status = self.command(arguments).status().context("failed to run ohinfra")?;
        let seconds = began.elapsed().as_secs_f64();
        match self.calls().zip(before) {
            Some((after, before)) => println!("({seconds:.1} s, {} API calls)", after - before),
            None => println!("({seconds:.1} s)"),
        }
        ensure!(status.success(), "`ohinfra {}` failed: {status}", arguments.join(" "));
        Ok(())
    }

    /// Runs the main commands, up to a plan without changes.
    fn deploy(&self) -> Result<()> {
        self.step("Create the state bucket", &["bootstrap"])?;
        self.step("Plan", &["plan", "--out", "demo.plan"])?;
        self.step("Apply the saved plan", &["apply", "demo.plan"])?;
        self.step("Show the outputs", &["output"])?;
        self.step("Plan again: no changes (exit code 0)", &["plan", "--detailed-exitcode"])
    }

    fn destroy(&self) -> Result<()> {
        self.step("Destroy the deployment and its data", &["destroy", "--purge", "--yes"])
    }
}

/// Builds ohinfra and, at the same time, installs and starts LocalStack.
pub(crate) fn prepare() -> Result<Server> {
    Server::start_during(|| run_program(&mut cargo(&["build", "--package", "ohinfra"])), |_| Ok(()))
}

/// Creates the resources that users bring, and writes a configuration that names them into a folder.
pub(crate) fn on_localstack(server: &Server, folder: &str) -> Result<Demo> {
    let fixture = server.fixture(ACCOUNT, REGION)?;
    let value = |name: &str| fixture[name].as_str().unwrap_or_default();
    let (vpc, zone) = (value("vpc_id"), value("hosted_zone_id"));
    println!("\nCreated a VPC with private and public subnets ({vpc}) and a hosted zone ({zone}).");
    let environment = vec![
        ("AWS_ENDPOINT_URL", server.endpoint.clone()),
        ("AWS_ACCESS_KEY_ID", ACCOUNT.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ];
    Ok(Demo { environment, log: Some(server.log()), ..Demo::new("ohinfra", folder, vpc, zone)? })
}

/// Runs the same commands on the in-memory cloud, which is kept in a file.
fn run_fake() -> Result<()> {
    run_program(&mut cargo(&["build", "--package", "ohinfra-testkit", "--bin", "ohinfra-fake"]))?;
    let demo = Demo::new("ohinfra-fake", "demo-fake", "vpc-0123456789abcdef0", "Z0123456789ABCDEFGHIJ")?;
    let cloud = demo.folder.join("cloud.json").to_string_lossy().into_owned();
    let demo = Demo { environment: vec![("OHINFRA_FAKE_CLOUD", cloud)], ..demo };
    demo.deploy()?;
    demo.destroy()?;
    println!("\nDemo completed on the in-memory cloud. To run it on LocalStack, omit `--fake`.");
    Ok(())
}

/// Runs OpenHands after the deployment.
fn run_app(environment: &Path, keep: bool) -> Result<()> {
    println!("\n── OpenHands in the configuration of the deployment");
    openhands::run_demo(environment, keep)
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.fake {
        return run_fake();
    }
    let server = prepare()?;
    let demo = on_localstack(&server, "demo")?;
    demo.deploy()?;
    if arguments.keep {
        println!("\nThe deployment remains in LocalStack. To explore it:\n");
        println!("  cd {}", demo.folder.display());
        println!(
            "  export AWS_ENDPOINT_URL={} AWS_ACCESS_KEY_ID={ACCOUNT} AWS_SECRET_ACCESS_KEY=test",
            server.endpoint
        );
        println!("  export PATH={}:$PATH", debug_folder()?.display());
        println!("  ohinfra state list");
        println!("  ohinfra graph --format mermaid");
        println!("  ohinfra drift");
        println!("  ohinfra destroy --purge");
        println!("\nTo stop LocalStack, run `cargo xtask localstack stop`.");
        let environment = server.environment.clone();
        server.keep()?;
        return if arguments.with_app { run_app(&environment, true) } else { Ok(()) };
    }
    demo.destroy()?;
    if arguments.with_app {
        run_app(&server.environment, false)?;
    }
    println!("\nDemo completed. To keep the deployment for inspection, add `--keep`.");
    Ok(())
}
