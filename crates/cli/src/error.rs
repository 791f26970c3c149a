//! Errors of commands, and the table of their help lines.

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_engine::PlanError;
use ohinfra_engine::refresh::ReadError;
use ohinfra_plan::GraphError;
use ohinfra_state::StateError;

use crate::print::errln;
use crate::style;

/// An error of a command.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Problems in the configuration or in the account.
    #[error("{} problems", .0.len())]
    Problems(Vec<Diagnostic>),
    /// The state cannot be read, written or locked.
    #[error(transparent)]
    State(#[from] StateError),
    /// A call to the cloud failed.
    #[error("{what}: {error}")]
    Provider {
        /// The subject of the call.
        what: String,
        /// The error.
        error: ProviderError,
    },
    /// The apply did not complete; its report has been printed.
    #[error("incomplete")]
    Incomplete,
    /// The user interrupted the command.
    #[error("{0}")]
    Interrupted(String),
    /// Any other error, with its help.
    #[error("{message}")]
    Simple {
        /// The error message.
        message: String,
        /// The help line; may be empty.
        help: String,
    },
}

impl CommandError {
    /// An error with a message and a help line.
    pub fn simple(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Simple { message: message.into(), help: help.into() }
    }

    /// An error of a file operation; `what` is its verb, for example `read`.
    pub fn file(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::simple(format!("failed to {what} {}: {error}", path.display()), "check the path and its permissions")
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
    /// Reports a cause that fails every read (no credentials, no network) only once.
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

/// The help for an AWS error code that needs more than the help of its kind.
fn hint_of_code(code: &str) -> Option<&'static str> {
    let clock = "correct this machine's clock: AWS rejects requests signed more than five minutes early or late";
    let capacity =
        "AWS has no capacity of this type in the zone; retry later, or choose another instance type or other subnets";
    let subnet = "a database still runs in a subnet that the plan removes from its subnet group; keep that subnet and its route table in the VPC";
    match code {
        "RequestTimeTooSkewed" | "RequestExpired" => Some(clock),
        "SubnetAlreadyInUse" => Some(subnet),
        _ if code.starts_with("Insufficient") && code.contains("Capacity") => Some(capacity),
        _ => None,
    }
}

/// Permissions that an operation needs besides its own; AWS does not always name them in its error.
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

/// The help for an error of an AWS call.
pub(crate) fn hint(error: &ProviderError) -> Option<String> {
    if let Some(hint) = error.code.as_deref().and_then(hint_of_code) {
        return Some(hint.to_owned());
    }
    match error.kind {
        ErrorKind::Credentials => Some(
            "log in again (for example `aws sso login`), or select a profile with AWS_PROFILE; check with `aws sts get-caller-identity`"
                .to_owned(),
        ),
        ErrorKind::Denied => {
            let operations = std::iter::once(error.operation.as_str()).chain(further_permissions(&error.operation).iter().copied());
            let operations: Vec<String> = operations.map(|operation| format!("`{operation}`")).collect();
            Some(format!("grant {} to the identity running ohinfra", operations.join(", ")))
        }
        ErrorKind::Unavailable => {
            Some("check the network, the region and, if set, AWS_ENDPOINT_URL; then re-run the same command".to_owned())
        }
        ErrorKind::Throttled => Some("AWS throttled the calls; re-run the same command, or lower `--parallelism`".to_owned()),
        ErrorKind::Limit => Some("request a higher quota in the Service Quotas console, then re-run the same command".to_owned()),
        ErrorKind::Deferred | ErrorKind::Timeout | ErrorKind::Dependency | ErrorKind::NotYetVisible => {
            Some("check the resource in the AWS console, then re-run the same command to continue".to_owned())
        }
        ErrorKind::Exists => Some("rename or delete the existing resource, or choose another `name` for this deployment".to_owned()),
        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Other => None,
    }
}

/// The help for an error of the state.
fn state_hint(error: &StateError) -> String {
    match error {
        StateError::Locked { holder, .. } => format!(
            "wait for it to finish. A stale lock expires {} s after its last heartbeat ({}); `ohinfra unlock {}` releases it now",
            ohinfra_state::LockInfo::EXPIRY.as_secs(),
            holder.heartbeat_at,
            holder.id
        ),
        StateError::LockLost { .. } => "another process released or took over the lock; re-run the same command".to_owned(),
        StateError::NoSuchLock { held: Some(held), .. } => format!("the current lock is `{held}`"),
        StateError::NoSuchLock { held: None, .. } => "the state is not locked".to_owned(),
        StateError::Changed { .. } => "re-run the same command; it starts from the stored state".to_owned(),
        StateError::Corrupt { .. } => {
            "restore an older version: `ohinfra state history` lists them, `ohinfra state pull --at VERSION` prints one, `ohinfra state push FILE --force` writes it"
                .to_owned()
        }
        StateError::TooNew { .. } => "use the ohinfra version that wrote it, or a newer one".to_owned(),
        StateError::OtherDeployment { .. } => "correct `name`, or set another `[state] url` for this deployment".to_owned(),
        StateError::OtherLineage { .. } => "`--force` overwrites the stored state; earlier versions remain in the bucket".to_owned(),
        StateError::OlderSerial { .. } => "`--force` writes it with a newer serial".to_owned(),
        StateError::NoBucket { .. } => "create it with `ohinfra bootstrap`, or correct `[state] url`".to_owned(),
        StateError::Access { .. } => "check the credentials, the network and the bucket permissions".to_owned(),
    }
}

/// Prints an error and its help.
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

/// Prints warnings.
pub(crate) fn print_warnings(warnings: &[Diagnostic]) {
    for warning in warnings {
        errln!("{}warning:{} {warning}", style::WARNING.render(), style::WARNING.render_reset());
        if let Some(help) = &warning.help {
            errln!("  {}help:{} {help}", style::HELP.render(), style::HELP.render_reset());
        }
    }
}
