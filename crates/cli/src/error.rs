//! Errors of commands, and the one table that says what to do about each.

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_engine::PlanError;
use ohinfra_engine::refresh::ReadError;
use ohinfra_plan::GraphError;
use ohinfra_state::StateError;

use crate::say::errln;
use crate::view::style;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Problems in what the user gave, or in what the account has.
    #[error("{} problems", .0.len())]
    Problems(Vec<Diagnostic>),
    /// The state cannot be read, written or locked.
    #[error(transparent)]
    State(#[from] StateError),
    /// A call failed.
    #[error("{what}: {error}")]
    Provider {
        /// What it was about.
        what: String,
        /// The error.
        error: ProviderError,
    },
    /// The apply did not get to its end; its report has been printed.
    #[error("not everything was done")]
    Incomplete,
    /// The user interrupted; the message says where things stand.
    #[error("{0}")]
    Interrupted(String),
    /// Anything that one sentence says, and what to do about it.
    #[error("{message}")]
    Simple {
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
}

impl CommandError {
    /// An error of one sentence.
    pub fn simple(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Simple { message: message.into(), help: help.into() }
    }

    /// A file that cannot be read or written.
    pub fn file(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::simple(format!("cannot {what} {}: {error}", path.display()), "check the path and its permissions")
    }
}

impl From<Vec<Diagnostic>> for CommandError {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Self::Problems(problems)
    }
}

impl From<Vec<GraphError>> for CommandError {
    fn from(errors: Vec<GraphError>) -> Self {
        Self::Problems(errors.iter().map(|error| Diagnostic::error("graph", error.to_string())).collect())
    }
}

impl From<Vec<ReadError>> for CommandError {
    /// One cause (no credentials, no network) fails every read alike: it is said once.
    fn from(errors: Vec<ReadError>) -> Self {
        let mut problems: Vec<Diagnostic> = Vec::new();
        for ReadError { what, error } in &errors {
            let concerns_all = matches!(error.kind, ErrorKind::Credentials | ErrorKind::Unavailable);
            let problem = if concerns_all {
                Diagnostic::error("", error.to_string())
            } else {
                Diagnostic::error(what, error.to_string())
            };
            let problem = match hint(error) {
                Some(hint) => problem.help(hint),
                None => problem,
            };
            let known =
                |p: &Diagnostic| p.place == problem.place && (concerns_all && p.help == problem.help || *p == problem);
            if !problems.iter().any(known) {
                problems.push(problem);
            }
        }
        Self::Problems(problems)
    }
}

impl From<PlanError> for CommandError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Read(errors) => errors.into(),
            PlanError::Selection(problems) => Self::Problems(problems),
        }
    }
}

/// What to do about an error that the kind alone does not explain, by AWS's code.
fn hint_of_code(code: &str) -> Option<&'static str> {
    let clock = "set this machine's clock: AWS refuses requests that are signed more than a few minutes early or late";
    let capacity = "AWS has no capacity of this kind in the zone at the moment: run the same command again later, or choose another type or other subnets";
    let subnet = "a database still runs in a subnet that would leave its subnet group: keep that subnet, with its route table, in the VPC";
    match code {
        "RequestTimeTooSkewed" | "RequestExpired" => Some(clock),
        "SubnetAlreadyInUse" => Some(subnet),
        _ if code.starts_with("Insufficient") && code.contains("Capacity") => Some(capacity),
        _ => None,
    }
}

/// Permissions that an operation needs beside the one of its own name: AWS checks them and does not always name them.
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html>
fn further_permissions(operation: &str) -> &'static [&'static str] {
    match operation {
        "backup:CreateBackupVault" => &[
            "backup-storage:MountCapsule",
            "kms:CreateGrant",
            "kms:GenerateDataKey",
            "kms:Decrypt",
            "kms:RetireGrant",
            "kms:DescribeKey",
        ],
        "backup:CreateBackupSelection" => &["iam:PassRole", "iam:GetRole"],
        _ => &[],
    }
}

/// What to do about an error of a call.
pub(crate) fn hint(error: &ProviderError) -> Option<String> {
    if let Some(hint) = error.code.as_deref().and_then(hint_of_code) {
        return Some(hint.to_owned());
    }
    match error.kind {
        ErrorKind::Credentials => Some(
            "log in again (for example `aws sso login`), or choose a profile with AWS_PROFILE; `aws sts get-caller-identity` must work"
                .to_owned(),
        ),
        ErrorKind::Denied => {
            let operations = std::iter::once(error.operation.as_str()).chain(further_permissions(&error.operation).iter().copied());
            let operations: Vec<String> = operations.map(|operation| format!("`{operation}`")).collect();
            Some(format!("grant {} to the identity that runs ohinfra", operations.join(", ")))
        }
        ErrorKind::Unavailable => {
            Some("check the network, the region, and AWS_ENDPOINT_URL if it is set; then run the same command again".to_owned())
        }
        ErrorKind::Throttled => Some("AWS limits the rate of calls: run the same command again, or lower --parallelism".to_owned()),
        ErrorKind::Limit => Some("ask for a higher quota in the Service Quotas console, then run the same command again".to_owned()),
        ErrorKind::Deferred | ErrorKind::Timeout | ErrorKind::Dependency | ErrorKind::NotYetVisible => {
            Some("look at the resource in the AWS console; running the same command again goes on from here".to_owned())
        }
        ErrorKind::Exists => Some("rename or delete the other one, or choose another `name` for this deployment".to_owned()),
        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Other => None,
    }
}

/// What to do about an error of the state.
fn state_hint(error: &StateError) -> String {
    match error {
        StateError::Locked { holder, .. } => format!(
            "wait until it is done; a lock whose holder is gone expires {} s after its last sign of life ({}), or at once with `ohinfra unlock {}`",
            ohinfra_state::LockInfo::EXPIRY.as_secs(),
            holder.heartbeat_at,
            holder.id
        ),
        StateError::LockLost { .. } => "somebody unlocked it or took it over; run the same command again".to_owned(),
        StateError::NoSuchLock { held: Some(held), .. } => format!("the lock that is there is `{held}`"),
        StateError::NoSuchLock { held: None, .. } => "nothing is locked".to_owned(),
        StateError::Changed { .. } => "run the same command again: it starts from what is stored now".to_owned(),
        StateError::Corrupt { .. } => {
            "restore an older version: `ohinfra state history` lists them, `ohinfra state pull --at VERSION` prints one, `ohinfra state push FILE --force` stores it"
                .to_owned()
        }
        StateError::TooNew { .. } => "use the version of ohinfra that wrote it, or a newer one".to_owned(),
        StateError::OtherDeployment { .. } => "correct `name`, or give this deployment a state of its own (`[state] url`)".to_owned(),
        StateError::OtherLineage { .. } => "`--force` stores it all the same, and what is stored now is lost but for its older versions".to_owned(),
        StateError::OlderSerial { .. } => "`--force` stores it all the same, as a newer one".to_owned(),
        StateError::NoBucket { .. } => "`ohinfra bootstrap` makes it; or correct `[state] url`".to_owned(),
        StateError::Access { .. } => "check the credentials, the network and the permissions on it".to_owned(),
    }
}

/// Prints an error: what, where, and what to do.
pub(crate) fn print(error: &CommandError) {
    let line = |message: &str, help: Option<&str>| {
        errln!("{}error:{} {message}", style::ERROR.render(), style::ERROR.render_reset());
        if let Some(help) = help {
            errln!("  {}help:{} {help}", style::HELP.render(), style::HELP.render_reset());
        }
    };
    match error {
        CommandError::Problems(problems) => {
            for problem in problems {
                line(&problem.to_string(), problem.help.as_deref());
            }
        }
        CommandError::State(error) => line(&error.to_string(), Some(&state_hint(error))),
        CommandError::Provider { what, error } => line(&format!("{what}: {error}"), hint(error).as_deref()),
        CommandError::Simple { message, help } => {
            line(message, Some(help).filter(|h| !h.is_empty()).map(String::as_str));
        }
        CommandError::Incomplete | CommandError::Interrupted(_) => {}
    }
}

/// Prints remarks.
pub(crate) fn print_warnings(warnings: &[Diagnostic]) {
    for warning in warnings {
        errln!("{}warning:{} {warning}", style::WARNING.render(), style::WARNING.render_reset());
        if let Some(help) = &warning.help {
            errln!("  {}help:{} {help}", style::HELP.render(), style::HELP.render_reset());
        }
    }
}
