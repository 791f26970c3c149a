//! The process context: arguments, environment, user, host and terminal. No other module reads them.

use crate::print::err;
use std::ffi::OsString;
use std::io::{BufRead as _, IsTerminal as _};

/// The context of this process.
#[derive(Clone, Debug)]
pub struct ProcessContext {
    /// The command line.
    pub arguments: Vec<OsString>,
    /// Variables that start with `OHINFRA_`, sorted.
    pub variables: Vec<(String, String)>,
    /// The name of the user; `unknown` if it is not set.
    pub user: String,
    /// The name of the host; `unknown` if it cannot be determined.
    pub host: String,
    /// `true` if the user can be prompted: standard input and standard error are terminals.
    pub can_ask: bool,
    /// `true` if progress goes to a terminal: standard error is one.
    pub is_terminal: bool,
}

impl ProcessContext {
    /// Reads the context of this process.
    #[expect(clippy::disallowed_methods, reason = "only this module reads the environment")]
    pub fn of_this_process() -> Self {
        let mut variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("OHINFRA_"))
            .collect();
        variables.sort();
        let first =
            |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok()).filter(|text| !text.is_empty());
        let kernel_host =
            || std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
        Self {
            arguments: std::env::args_os().collect(),
            variables,
            user: first(&["USER", "LOGNAME", "USERNAME"]).unwrap_or_else(|| "unknown".to_owned()),
            host: first(&["HOSTNAME", "COMPUTERNAME"]).or_else(kernel_host).unwrap_or_else(|| "unknown".to_owned()),
            can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// Prompts for a line on the terminal.
    pub fn ask(question: &str) -> String {
        err!("{question} ");
        let mut answer = String::new();
        // A read error counts as an empty answer, which confirms nothing.
        let _ = std::io::stdin().lock().read_line(&mut answer);
        answer.trim().to_owned()
    }
}
