//! Tests of the code and scripts that ohinfra deploys, each in the runtime of its language.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::localstack::Server;
use crate::shell::{cache, cargo, command, debug_folder, root, run};

/// Required programs, each with its Debian package.
const NEEDED: &[(&str, &str)] = &[
    ("/usr/sbin/nginx", "nginx"),
    ("/usr/lib/nginx/modules/ngx_http_lua_module.so", "libnginx-mod-http-lua"),
    ("/usr/lib/x86_64-linux-gnu/lua/5.1/cjson.so", "lua-cjson"),
    ("/usr/bin/shellcheck", "shellcheck"),
    ("/usr/lib/postgresql", "postgresql"),
    ("/usr/lib/python3/dist-packages/yaml", "python3-yaml"),
];

/// Installs the packages whose programs are missing.
pub(crate) fn install(needed: &[(&'static str, &'static str)]) -> Result<()> {
    let missing: Vec<&str> =
        needed.iter().filter(|(path, _)| !Path::new(path).exists()).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let is_root = crate::shell::output(&mut command("id", &["-u"]))?.trim() == "0";
    let apt = |arguments: &[&str]| {
        let mut apt = if is_root { command("apt-get", &[]) } else { command("sudo", &["apt-get"]) };
        apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        run(&mut apt).with_context(|| format!("failed to install the required packages: {}", missing.join(" ")))
    };
    apt(&["update", "-qq"])?;
    apt(&[["install", "-y", "-qq", "--no-install-recommends"].as_slice(), &missing].concat())
}

fn folder() -> PathBuf {
    root().join("crates/openhands/payload")
}

/// Returns the files of a directory whose names end with `end`, sorted.
pub(crate) fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.retain(|path| path.to_string_lossy().ends_with(end));
    files.sort();
    ensure!(!files.is_empty(), "no *{end} files in {}", folder.display());
    Ok(files)
}

/// Runs the tests that do not require LocalStack: edge functions, routing, boot scripts, database.
pub(crate) fn run_local() -> Result<()> {
    install(NEEDED)?;
    run(&mut cargo(&["build", "--package", "ohinfra-openhands", "--examples"]))?;
    let render = debug_folder()?.join("examples/render_payload");
    for piece in ["edge", "routing", "boot"] {
        let tests = files(&folder().join(piece).join("tests"), ".test.mjs")?;
        run(command("node", &["--test"]).args(tests).env("OHINFRA_RENDER_PAYLOAD", &render))?;
    }
    let script = root().join("crates/aws-compute/src/ecr/build-image.sh");
    run(command("shellcheck", &["--enable=all", "--exclude=SC2312,SC2250"]).arg(script))?;
    let mut ignored = cargo(&["test", "--package", "ohinfra-openhands", "--tests", "--", "--ignored"]);
    run(ignored.env("OHINFRA_TEST_POSTGRESQL", postgresql()?))
}

/// Installs the PostgreSQL versions that Debian lacks. Returns their directories as a path list.
fn postgresql() -> Result<OsString> {
    let folder = install_npm("postgresql")?;
    let versions = ["postgresql-16", "postgresql-17"];
    Ok(std::env::join_paths(versions.map(|name| folder.join("node_modules").join(name).join("native")))?)
}

/// Installs the packages of the lock file in a directory of `tests/` into the cache. Returns the directory in the cache.
pub(crate) fn install_npm(folder: &str) -> Result<PathBuf> {
    let from = root().join("tests").join(folder);
    let to = cache().join(from.file_name().context("the directory has no name")?);
    let lock = std::fs::read(from.join("package-lock.json"))?;
    let installed = to.join("installed-lock.json");
    if std::fs::read(&installed).is_ok_and(|present| present == lock) {
        return Ok(to);
    }
    std::fs::create_dir_all(&to)?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(from.join(name), to.join(name))?;
    }
    run(command("npm", &["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(&to))?;
    std::fs::copy(from.join("package-lock.json"), installed)?;
    Ok(to)
}

/// Runs the tests of the user-configuration API, with S3 and KMS from LocalStack.
pub(crate) fn run_on(server: &Server) -> Result<()> {
    let folder = folder().join("user-config");
    let mut tests = command(server.environment.join("bin/python"), &["-m", "unittest", "discover", "-s", "tests"]);
    tests
        .current_dir(&folder)
        .env("PYTHONPATH", folder.join("function"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_ENDPOINT_URL", &server.endpoint)
        .env("AWS_ACCESS_KEY_ID", "333333333333")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-west-2");
    run(&mut tests)
}
