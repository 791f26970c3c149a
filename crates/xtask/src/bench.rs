//! Benchmarks: an apply with typical AWS durations in virtual time, and commands through a proxy with a latency of 60 ms per call.

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
