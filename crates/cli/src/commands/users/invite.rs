//! `ohinfra users invite` and `ohinfra users import`: creates accounts and sends their invitations.

use std::path::Path;

use futures::future::try_join;
use ohinfra_core::ProviderError;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::users::{Mailer, User, UserStatus};
use ohinfra_engine::waiting::retrying;
use ohinfra_state::local::read_at_most;

use super::addresses::{Addresses, from_csv};
use super::{Directory, Done, PATIENCE, calling, each};
use crate::Outcome;
use crate::args::SendingArguments;
use crate::error::CommandError;
use crate::print::errln;
use crate::process::ProcessContext;
use crate::run::Run;

/// Maximum size of a CSV file, in bytes: enough for ten thousand addresses.
const LARGEST_FILE: u64 = 1024 * 1024;

/// The action for an address.
enum Step {
    Invite(String),
    Resend(String),
    Leave(String, String),
}

/// Reads the addresses of a CSV file.
pub(super) fn read(file: &Path) -> Result<Addresses, CommandError> {
    let bytes = read_at_most(file, LARGEST_FILE).map_err(|error| CommandError::file("read", file, &error))?;
    let name = file.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => Ok(from_csv(&name, &text)?),
        Err(_) => Err(CommandError::simple(format!("{name} is not UTF-8 text"), "save it as CSV in UTF-8")),
    }
}

/// Returns the help for an invitation that exceeds the daily email limit; `None` for other errors.
pub(super) fn mail_hint(error: &ProviderError) -> Option<String> {
    let is_mail = error.operation.ends_with(":AdminCreateUser") && error.kind == ErrorKind::Limit;
    is_mail.then(|| {
        "re-run the command with `--resend` tomorrow, or set the email provider of the user pool to Amazon SES in the Cognito \
             console (Authentication methods, Email)"
            .to_owned()
    })
}

/// Chooses the action for an address by its accounts.
fn step(email: String, users: &[User], resend: bool) -> Step {
    let own: Vec<&User> = users.iter().filter(|user| user.email.eq_ignore_ascii_case(&email)).collect();
    // An invited account is separate from the account of the company login with the same address.
    let Some(user) = own.iter().find(|user| user.status != UserStatus::External) else {
        let reason = "uses the company login and needs no invitation";
        return if own.is_empty() { Step::Invite(email) } else { Step::Leave(email, reason.to_owned()) };
    };
    let day = user.created.strftime("%Y-%m-%d");
    match (&user.status, resend) {
        _ if !user.enabled => Step::Leave(email, "is disabled; run `ohinfra users enable` to allow logins".to_owned()),
        // Use the account's spelling, because the user pool may be case-sensitive.
        (UserStatus::Invited, true) => Step::Resend(user.email.clone()),
        (UserStatus::Invited, false) => {
            Step::Leave(email, format!("was invited on {day}; add `--resend` to resend the invitation"))
        }
        (_, true) => {
            Step::Leave(email, "has logged in before; a forgotten password can be reset on the login page".to_owned())
        }
        (_, false) => Step::Leave(email, format!("has been a user since {day}")),
    }
}

pub(super) async fn run(
    run: &Run<'_>,
    addresses: Addresses,
    sending: SendingArguments,
) -> Result<Outcome, CommandError> {
    for note in &addresses.notes {
        errln!("note: {note}");
    }
    if !run.configuration.auth.local_login {
        return Err(CommandError::simple(
            "invitations are not available: `auth.local_login` is `false`, and all users log in through the company login",
            "grant access at the identity provider, or set `local_login = true` in [auth] and run `ohinfra apply`",
        ));
    }
    let query = async {
        let directory = Directory::open(run).await?;
        let mailer = async {
            let mailer = retrying(PATIENCE, |_| {}, || directory.users.mailer()).await;
            mailer.map_err(|error| directory.failed(error))
        };
        let (users, mailer) = try_join(directory.list(), mailer).await?;
        Ok((directory, users, mailer))
    };
    let (directory, users, mailer) = run.interruptible(query).await?;
    let steps: Vec<Step> = addresses.emails.into_iter().map(|email| step(email, &users, sending.resend)).collect();
    let mails = steps.iter().filter(|step| !matches!(step, Step::Leave(..))).count();
    confirm_limit(run, mails, mailer, sending.yes)?;
    let verb = if sending.resend { "invited or resent" } else { "invited" };
    each(run, verb, steps, |step| do_step(&directory, step)).await
}

/// Asks for confirmation if the invitations exceed the daily email limit.
fn confirm_limit(run: &Run<'_>, mails: usize, mailer: Mailer, yes: bool) -> Result<(), CommandError> {
    let Mailer::BuiltIn { daily } = mailer else { return Ok(()) };
    if mails <= daily {
        return Ok(());
    }
    let message =
        format!("{mails} invitations exceed the limit of {daily} emails per day of Cognito's built-in email service");
    let help = "set the email provider of the user pool to Amazon SES in the Cognito console (Authentication methods, Email), or \
                invite fewer users per day";
    if yes {
        errln!("warning: {message}");
        errln!("  help: {help}");
        return Ok(());
    }
    if !run.process.can_ask {
        return Err(CommandError::simple(message, format!("{help}; add `--yes` to send until the limit is reached")));
    }
    errln!("warning: {message}");
    errln!("  help: {help}");
    if matches!(ProcessContext::ask("Send until the limit is reached? [yes/no]").as_str(), "yes" | "y") {
        return Ok(());
    }
    Err(CommandError::simple("cancelled; nothing was changed", ""))
}

async fn do_step(directory: &Directory, step: Step) -> Done {
    match step {
        Step::Leave(email, reason) => Done::Unchanged(format!("{email} {reason}")),
        Step::Resend(email) => match calling(&email, || directory.users.resend(&email)).await {
            Ok(()) => Done::Changed(format!("resent the invitation to {email}")),
            Err(error) => Done::Failed(email, error),
        },
        Step::Invite(email) => match calling(&email, || directory.users.invite(&email)).await {
            Ok(()) => Done::Changed(format!("invited {email}")),
            // The account was absent from the list: a response was lost, or a concurrent run created it.
            Err(error) if error.kind == ErrorKind::Exists => Done::Changed(format!("invited {email}")),
            Err(error) => Done::Failed(email, error),
        },
    }
}
