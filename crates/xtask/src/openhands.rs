//! Runs the tests in `tests/openhands`: OpenHands on a Docker engine, in the configuration of a deployment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;
use clap::Args;

use crate::shell::{cache, cargo, command, debug_folder, output, root, run};
use crate::{payload, python};

/// Required programs, each with its Debian package.
const NEEDED: &[(&str, &str)] = &[
    ("/usr/sbin/dockerd", "docker.io"),
    ("/usr/sbin/iptables", "iptables"),
    ("/usr/sbin/debootstrap", "debootstrap"),
    ("/usr/sbin/mkfs.xfs", "xfsprogs"),
    ("/usr/bin/ip", "iproute2"),
    ("/usr/bin/nsenter", "util-linux"),
    ("/usr/lib/postgresql", "postgresql"),
    ("/usr/bin/openssl", "openssl"),
    ("/usr/bin/curl", "curl"),
    ("/usr/lib/python3/dist-packages/yaml", "python3-yaml"),
];

/// Additional requirements of the browser tests: Chromium, and nginx for requests that the routing rejects.
const NEEDED_FOR_PAGES: &[(&str, &str)] = &[
    ("/usr/bin/chromium", "chromium"),
    ("/usr/sbin/nginx", "nginx"),
    ("/usr/lib/nginx/modules/ngx_http_lua_module.so", "libnginx-mod-http-lua"),
    ("/usr/lib/x86_64-linux-gnu/lua/5.1/cjson.so", "lua-cjson"),
];

#[derive(Args)]
pub(crate) struct Arguments {
    /// The OpenHands version on `PyPI` [default: the default release]
    #[arg(long)]
    version: Option<String>,
    /// Run only tests whose name matches this pattern
    #[arg(long)]
    filter: Option<String>,
    /// Start the test bench, print its addresses as JSON, and wait for an interrupt
    #[arg(long, conflicts_with = "filter")]
    up: bool,
}

/// Returns the command that runs Node.js with the variables of the tests, as root, which a Docker engine requires.
fn node(environment: &Path, version: Option<&str>) -> Result<Command> {
    let is_root = output(&mut command("id", &["-u"]))?.trim() == "0";
    let mut node = if is_root { command("env", &[]) } else { command("sudo", &["env"]) };
    let path = |path: PathBuf| Some(path.to_string_lossy().into_owned());
    let variables = [
        // sudo replaces PATH.
        ("PATH", std::env::var_os("PATH").map(|path| path.to_string_lossy().into_owned())),
        ("OHINFRA_RENDER_PAYLOAD", path(debug_folder()?.join("examples/render_payload"))),
        ("OHINFRA_TEST_PYTHON", path(environment.to_path_buf())),
        ("OHINFRA_CACHE", path(cache())),
        ("OHINFRA_OPENHANDS_VERSION", version.map(str::to_owned)),
    ];
    node.args(variables.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))));
    node.arg("node");
    Ok(node)
}

fn prepare() -> Result<()> {
    payload::install(NEEDED)?;
    run(&mut cargo(&["build", "--package", "ohinfra-openhands", "--example", "render_payload"]))
}

/// Runs the scenario of the demo. The script reports if containers cannot run.
pub(crate) fn run_demo(environment: &Path, keep: bool) -> Result<()> {
    prepare()?;
    let script = root().join("tests/openhands/demo.mjs");
    run(node(environment, None)?.arg(script).args(keep.then_some("--keep")))
}

fn run_with(environment: &Path, arguments: &Arguments) -> Result<()> {
    prepare()?;
    let folder = root().join("tests/openhands");
    let node = || node(environment, arguments.version.as_deref());
    if arguments.up {
        return run(node()?.arg(folder.join("up.mjs")));
    }
    let why_not = output(node()?.arg(folder.join("why-not.mjs")))?;
    payload::install(NEEDED_FOR_PAGES)?;
    // Install the package that drives Chromium.
    payload::install_npm("openhands/browser")?;
    let mut tests = payload::files(&folder, ".test.mjs")?;
    if !why_not.is_empty() {
        println!("\nSkipping the tests in tests/openhands, except the page tests: {why_not}");
        tests.retain(|path| path.ends_with("page.test.mjs"));
    }
    // Run the files sequentially: they share the test bench of the machine.
    let test = |mut node: Command, files: Vec<PathBuf>| {
        node.args(["--test", "--test-concurrency=1"]);
        node.args(arguments.filter.iter().map(|pattern| format!("--test-name-pattern={pattern}")));
        run(node.args(files))
    };
    test(node()?, tests)?;
    if arguments.version.is_some() || !why_not.is_empty() {
        return Ok(());
    }
    // Run the scenario of two users with every other supported release.
    let render = debug_folder()?.join("examples/render_payload");
    let releases: serde_json::Value =
        serde_json::from_str(&output(command(render, &["releases"]).stdin(Stdio::null()))?)?;
    let versions = releases.as_array().into_iter().flatten().filter_map(|release| release["version"].as_str());
    for version in versions.skip(1) {
        println!("\nOpenHands {version}");
        test(self::node(environment, Some(version))?, vec![folder.join("journey.test.mjs")])?;
    }
    Ok(())
}

/// Runs every test with LocalStack's virtual environment.
pub(crate) fn run_tests(environment: &Path) -> Result<()> {
    run_with(environment, &Arguments { version: None, filter: None, up: false })
}

pub(crate) fn run_task(arguments: &Arguments) -> Result<()> {
    run_with(&python::localstack()?, arguments)
}
