//! `ohinfra users invite` and `ohinfra users import`: accounts with an invitation, each at most once.

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
use crate::run::Run;
use crate::say::errln;
use crate::surroundings::Surroundings;

/// The largest CSV file, in bytes: some ten thousand addresses.
const LARGEST_FILE: u64 = 1024 * 1024;

/// What is to be done for an address.
enum Step {
    Invite(String),
    Resend(String),
    Leave(String, String),
}

/// The addresses of a CSV file.
pub(super) fn read(file: &Path) -> Result<Addresses, CommandError> {
    let bytes = read_at_most(file, LARGEST_FILE).map_err(|error| CommandError::file("read", file, &error))?;
    let name = file.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => Ok(from_csv(&name, &text)?),
        Err(_) => Err(CommandError::simple(format!("{name} is not UTF-8 text"), "save it as CSV in UTF-8")),
    }
}

/// What to do about a mail that was not sent, if that is what an error is about.
pub(super) fn mail_hint(error: &ProviderError) -> Option<String> {
    let is_mail = error.operation.ends_with(":AdminCreateUser") && error.kind == ErrorKind::Limit;
    is_mail.then(|| {
        "run the same command with `--resend` tomorrow, or let the user pool send through Amazon SES (docs/users.md)".to_owned()
    })
}

/// What to do for an address that has these accounts.
fn step(email: String, users: &[User], resend: bool) -> Step {
    let own: Vec<&User> = users.iter().filter(|user| user.email.eq_ignore_ascii_case(&email)).collect();
    // Who has used the company login may still be invited to a password, which is another account.
    let Some(user) = own.iter().find(|user| user.status != UserStatus::External) else {
        let reason = "logs in through the company login and needs no invitation";
        return if own.is_empty() { Step::Invite(email) } else { Step::Leave(email, reason.to_owned()) };
    };
    let day = user.created.strftime("%Y-%m-%d");
    match (&user.status, resend) {
        _ if !user.enabled => Step::Leave(email, "is disabled; `ohinfra users enable` lets them log in".to_owned()),
        // Spelled as the account has it: the pool may tell upper from lower case.
        (UserStatus::Invited, true) => Step::Resend(user.email.clone()),
        (UserStatus::Invited, false) => {
            Step::Leave(email, format!("was invited on {day}; `--resend` sends the invitation again"))
        }
        (_, true) => Step::Leave(email, "has logged in before; the login page resets a forgotten password".to_owned()),
        (_, false) => Step::Leave(email, format!("is a user since {day}")),
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
    if !run.configuration.login.local {
        return Err(CommandError::simple(
            "`auth.local_login` is off: everybody logs in through the company login, and an invitation would be of no use",
            "give people access at the identity provider; or set `local_login = true` in [auth] and apply",
        ));
    }
    let look = async {
        let directory = Directory::open(run).await?;
        let mailer = async {
            let mailer = retrying(PATIENCE, |_| {}, || directory.users.mailer()).await;
            mailer.map_err(|error| directory.failed(error))
        };
        let (users, mailer) = try_join(directory.list(), mailer).await?;
        Ok((directory, users, mailer))
    };
    let (directory, users, mailer) = run.interruptible(look).await?;
    let steps: Vec<Step> = addresses.emails.into_iter().map(|email| step(email, &users, sending.resend)).collect();
    let mails = steps.iter().filter(|step| !matches!(step, Step::Leave(..))).count();
    agree(run, mails, mailer, sending.yes)?;
    let verb = if sending.resend { "invited or sent again" } else { "invited" };
    each(run, verb, steps, |step| do_step(&directory, step)).await
}

/// More mails than the directory sends in a day are sent only if the user wants to.
fn agree(run: &Run<'_>, mails: usize, mailer: Mailer, yes: bool) -> Result<(), CommandError> {
    let Mailer::BuiltIn { daily } = mailer else { return Ok(()) };
    if mails <= daily {
        return Ok(());
    }
    let message =
        format!("{mails} invitations are more than the {daily} mails a day that Cognito's own mail service sends");
    let help = "let the user pool send through Amazon SES (docs/users.md), or invite fewer people a day";
    if yes {
        errln!("warning: {message}");
        errln!("  help: {help}");
        return Ok(());
    }
    if !run.surroundings.can_ask {
        return Err(CommandError::simple(message, format!("{help}; `--yes` sends until the limit is reached")));
    }
    errln!("warning: {message}");
    errln!("  help: {help}");
    if matches!(Surroundings::ask("Type `yes` to send until the limit is reached:").as_str(), "yes" | "y") {
        return Ok(());
    }
    Err(CommandError::simple("not agreed: nothing was changed", ""))
}

async fn do_step(directory: &Directory, step: Step) -> Done {
    match step {
        Step::Leave(email, reason) => Done::Unchanged(format!("{email} {reason}")),
        Step::Resend(email) => match calling(&email, || directory.users.resend(&email)).await {
            Ok(()) => Done::Changed(format!("sent the invitation to {email} again")),
            Err(error) => Done::Failed(email, error),
        },
        Step::Invite(email) => match calling(&email, || directory.users.invite(&email)).await {
            Ok(()) => Done::Changed(format!("invited {email}")),
            // It was not there a moment ago: an attempt whose answer was lost, or somebody else's at the same time.
            Err(error) if error.kind == ErrorKind::Exists => Done::Changed(format!("invited {email}")),
            Err(error) => Done::Failed(email, error),
        },
    }
}
