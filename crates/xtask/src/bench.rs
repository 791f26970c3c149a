//! Measures what users wait for: an apply with AWS's usual durations in virtual time, and commands through a proxy in which every call takes 60 ms.

use anyhow::Result;

use crate::localstack::Server;
use crate::shell::{cargo, run};

pub(crate) fn run_bench() -> Result<()> {
    run(&mut cargo(&["run", "--quiet", "--package", "ohinfra-testkit", "--bin", "schedule"]))?;
    run(&mut cargo(&["build", "--release", "--package", "ohinfra", "--package", "ohinfra-tests"]))?;
    let server = Server::start(None)?;
    let mut bench = cargo(&["run", "--release", "--quiet", "--package", "ohinfra-tests", "--bin", "bench"]);
    run(bench.env("OHINFRA_TEST_ENDPOINT", &server.endpoint).env("OHINFRA_TEST_PYTHON", &server.environment))
}
