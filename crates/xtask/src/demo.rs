//! A demo of the main commands, against LocalStack.

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
    /// Keep LocalStack and the deployment running
    #[arg(long)]
    keep: bool,
    /// Also run OpenHands on a Docker engine, with two users and an agent; with --keep, until Ctrl-C
    #[arg(long)]
    with_app: bool,
}

/// A deployment on LocalStack.
pub(crate) struct Demo {
    /// The path of ohinfra.
    pub(crate) program: PathBuf,
    folder: PathBuf,
    endpoint: String,
    log: PathBuf,
}

impl Demo {
    /// Creates the resources that users bring, and writes a configuration that names them into an empty directory.
    pub(crate) fn new(server: &Server, folder: &Path) -> Result<Self> {
        let fixture = server.fixture(ACCOUNT, REGION)?;
        let value = |name: &str| fixture[name].as_str().unwrap_or_default().to_owned();
        let template = std::fs::read_to_string(root().join("config/localstack.toml"))?;
        let text = template.replace("<vpc_id>", &value("vpc_id")).replace("<hosted_zone_id>", &value("hosted_zone_id"));
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        let mut file = std::fs::File::create(folder.join("ohinfra.toml"))?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        std::fs::copy(root().join("config/sandbox-aws-policy.json"), folder.join("sandbox-aws-policy.json"))?;
        println!(
            "\nCreated a VPC with private and public subnets ({}) and a hosted zone ({}).",
            value("vpc_id"),
            value("hosted_zone_id")
        );
        Ok(Self {
            program: debug_folder()?.join("ohinfra"),
            folder: folder.to_owned(),
            endpoint: server.endpoint.clone(),
            log: server.log(),
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments);
        self.prepare(&mut command);
        command
    }

    /// Sets the directory and the variables with which ohinfra finds the deployment.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command
            .current_dir(&self.folder)
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", ACCOUNT)
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        // ohinfra reads configuration keys from these variables; those of the tests are not configuration keys.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OHINFRA_")) {
            command.env_remove(name);
        }
    }

    /// Returns the number of calls that LocalStack has answered, from its log.
    fn calls(&self) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|line| line.contains(" : AWS ") && line.contains(" => ")).count()
    }

    /// Runs a command, and prints its duration and the number of its calls.
    pub(crate) fn step(&self, title: &str, arguments: &[&str]) -> Result<()> {
        println!("\n── {title}\n$ ohinfra {}", arguments.join(" "));
        let (began, calls) = (Instant::now(), self.calls());
        let status = self.command(arguments).status().context("failed to run ohinfra")?;
        println!("({:.1} s, {} API calls)", began.elapsed().as_secs_f64(), self.calls() - calls);
        ensure!(status.success(), "`ohinfra {}` failed: {status}", arguments.join(" "));
        Ok(())
    }
}

fn run_with(server: &Server, folder: &Path) -> Result<Demo> {
    let demo = Demo::new(server, folder)?;
    demo.step("Create the state bucket", &["bootstrap"])?;
    demo.step("Plan", &["plan", "--out", "demo.plan"])?;
    demo.step("Apply the saved plan", &["apply", "demo.plan"])?;
    demo.step("Show the outputs", &["output"])?;
    demo.step("Plan again: no changes (exit code 0)", &["plan", "--detailed-exitcode"])?;
    Ok(demo)
}

/// Runs OpenHands after the deployment.
fn run_app(environment: &Path, keep: bool) -> Result<()> {
    println!("\n── OpenHands in the configuration of the deployment");
    openhands::run_demo(environment, keep)
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    run_program(&mut cargo(&["build", "--package", "ohinfra"]))?;
    let server = Server::start(None)?;
    let folder = root().join(".localstack/demo");
    let demo = run_with(&server, &folder)?;
    if arguments.keep {
        println!("\nThe deployment remains in LocalStack. To explore it:\n");
        println!("  cd {}", folder.display());
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
    demo.step("Destroy the deployment and its data", &["destroy", "--purge", "--yes"])?;
    if arguments.with_app {
        run_app(&server.environment, false)?;
    }
    println!("\nDemo completed. To keep the deployment for inspection, add `--keep`.");
    Ok(())
}
