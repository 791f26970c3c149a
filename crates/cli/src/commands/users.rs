//! `ohinfra users`: manages the accounts of the user directory. They are not part of the state, so no lock is acquired.

mod addresses;
mod invite;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use ohinfra_core::ProviderError;
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::users::{User, UserDirectory, UserStatus};
use ohinfra_engine::waiting::retrying;
use ohinfra_openhands::addresses::USER_POOL;
use ohinfra_openhands::stacks::SESSION_HOURS;

use crate::Outcome;
use crate::args::UsersCommand;
use crate::error::{CommandError, hint};
use crate::print::{errln, out, outln};
use crate::process::ProcessContext;
use crate::run::Run;
use crate::style;
use crate::view::users::{document, plain, status, table};

/// Time for which throttled and failed calls are retried.
const PATIENCE: Duration = Duration::from_secs(300);
/// Maximum number of concurrent calls; far below Cognito's request rate limits for a user pool.
const CALLS: usize = 4;

/// The user directory of the deployment.
struct Directory {
    users: Arc<dyn UserDirectory>,
    pool: String,
}

pub(super) async fn run(run: &Run<'_>, command: &UsersCommand) -> Result<Outcome, CommandError> {
    match command {
        UsersCommand::Invite(arguments) => {
            let addresses = addresses::from_arguments(&arguments.emails)?;
            invite::run(run, addresses, arguments.sending).await
        }
        UsersCommand::Import { file, sending } => invite::run(run, invite::read(file)?, *sending).await,
        UsersCommand::List { json } => run.interruptible(list(run, *json)).await,
        UsersCommand::Disable { emails } => set_enabled(run, emails, false).await,
        UsersCommand::Enable { emails } => set_enabled(run, emails, true).await,
        UsersCommand::Remove { emails, yes } => remove(run, emails, *yes).await,
    }
}

impl Directory {
    /// Opens the user directory that the state records.
    async fn open(run: &Run<'_>) -> Result<Self, CommandError> {
        let connected = run.connect(false, None).await?;
        let document = connected.document().await?;
        let Some(pool) = document.resources.get(&USER_POOL.address()) else {
            return Err(CommandError::simple(
                format!(
                    "the deployment `{}` has no user pool yet: `{USER_POOL}` is not in {}",
                    run.configuration.name,
                    connected.store.place()
                ),
                "run `ohinfra apply` to create the deployment; if it already exists, check `name` and `[state] url`",
            ));
        };
        Ok(Self { users: run.cloud.users(&pool.region, &pool.id).await, pool: pool.id.clone() })
    }

    fn failed(&self, error: ProviderError) -> CommandError {
        CommandError::Provider { what: format!("user pool {}", self.pool), error }
    }

    /// Returns all accounts, sorted by address.
    async fn list(&self) -> Result<Vec<User>, CommandError> {
        let listed = retrying(PATIENCE, |_| {}, || self.users.list()).await;
        let mut users = listed.map_err(|error| self.failed(error))?;
        users.sort_by(|a, b| (&a.email, &a.username).cmp(&(&b.email, &b.username)));
        Ok(users)
    }

    /// Returns the accounts of these addresses. An address can have two: an invited account and one of the company login.
    async fn find(&self, emails: &[String]) -> Result<Vec<User>, CommandError> {
        let users = self.list().await?;
        let is_of = |user: &User, email: &String| user.email.eq_ignore_ascii_case(email);
        let unknown = emails.iter().filter(|email| !users.iter().any(|user| is_of(user, email)));
        let problems: Vec<Diagnostic> = unknown
            .map(|email| {
                let message = format!("no user has the address `{email}` in user pool {}", self.pool);
                Diagnostic::error("", message).help("run `ohinfra users list` to list the users")
            })
            .collect();
        if !problems.is_empty() {
            return Err(problems.into());
        }
        Ok(users.into_iter().filter(|user| emails.iter().any(|email| is_of(user, email))).collect())
    }
}

/// The result for one account.
enum Done {
    Changed(String),
    Unchanged(String),
    Failed(String, ProviderError),
}

/// The number of accounts per result.
#[derive(Default)]
struct Tally {
    changed: usize,
    unchanged: usize,
    failed: usize,
}

/// Processes accounts, at most `CALLS` concurrently. Reports every failure and continues. Starts no more calls after an
/// interrupt.
async fn each<T, F>(run: &Run<'_>, verb: &str, items: Vec<T>, work: impl Fn(T) -> F) -> Result<Outcome, CommandError>
where
    F: Future<Output = Done>,
{
    let (total, mut tally) = (items.len(), Tally::default());
    let stop = &run.interrupt.stop;
    let started = futures::stream::iter(items).take_while(|_| std::future::ready(!stop.is_cancelled()));
    let mut results = std::pin::pin!(started.map(work).buffered(CALLS));
    while let Some(done) = results.next().await {
        match done {
            Done::Changed(text) => {
                tally.changed += 1;
                outln!("{text}");
            }
            Done::Unchanged(text) => {
                tally.unchanged += 1;
                outln!("{text}");
            }
            Done::Failed(email, error) => {
                tally.failed += 1;
                errln!("{}error:{} {email}: {error}", style::ERROR.render(), style::ERROR.render_reset());
                if let Some(help) = invite::mail_hint(&error).or_else(|| hint(&error)) {
                    errln!("  {}help:{} {help}", style::HELP.render(), style::HELP.render_reset());
                }
            }
        }
    }
    let Tally { changed, unchanged, failed } = tally;
    let processed = changed + unchanged + failed;
    if total > 1 || failed > 0 {
        let failures = if failed == 0 { String::new() } else { format!(", {failed} failed") };
        outln!("{changed} {verb}, {unchanged} unchanged{failures}.");
    }
    if processed < total {
        let message = format!("interrupted after {processed} of {total} users; re-run the same command to continue");
        return Err(CommandError::Interrupted(message));
    }
    if failed == 0 { Ok(Outcome::Done) } else { Err(CommandError::Incomplete) }
}

/// Calls the directory, with retries for at most `PATIENCE`.
async fn calling<F>(email: &str, call: impl FnMut() -> F) -> Result<(), ProviderError>
where
    F: Future<Output = Result<(), ProviderError>>,
{
    retrying(PATIENCE, |text| errln!("{email}: {text}"), call).await
}

async fn list(run: &Run<'_>, json: bool) -> Result<Outcome, CommandError> {
    let directory = Directory::open(run).await?;
    let users = directory.list().await?;
    if json {
        outln!("{}", serde_json::to_string_pretty(&document(&directory.pool, &users)).unwrap_or_default());
    } else if users.is_empty() {
        outln!("No users. Run `ohinfra users invite EMAIL` to invite one.");
    } else {
        out!("{}", table(&users));
    }
    Ok(Outcome::Done)
}

async fn set_enabled(run: &Run<'_>, emails: &[String], enabled: bool) -> Result<Outcome, CommandError> {
    let emails = addresses::from_arguments(emails)?.emails;
    let find = async {
        let directory = Directory::open(run).await?;
        let users = directory.find(&emails).await?;
        Ok((directory, users))
    };
    let (directory, users) = run.interruptible(find).await?;
    let word = if enabled { "enabled" } else { "disabled" };
    let ends_sessions = !enabled && users.iter().any(|user| user.enabled);
    let work = |user: User| {
        let directory = &directory;
        async move {
            let email = plain(&user.email);
            if user.enabled == enabled {
                return Done::Unchanged(format!("{email} is already {word}"));
            }
            match calling(&email, || directory.users.set_enabled(&user.username, enabled)).await {
                Ok(()) => Done::Changed(format!("{word} {email}")),
                Err(error) => Done::Failed(email, error),
            }
        }
    };
    let outcome = each(run, word, users, work).await;
    if ends_sessions {
        outln!("Open sessions end when their tokens expire, within {SESSION_HOURS} hours.");
    }
    outcome
}

async fn remove(run: &Run<'_>, emails: &[String], yes: bool) -> Result<Outcome, CommandError> {
    let emails = addresses::from_arguments(emails)?.emails;
    if !yes && !run.process.can_ask {
        return Err(CommandError::simple(
            "`ohinfra users remove` needs confirmation, but stdin is not a terminal",
            "add `--yes`, or run `ohinfra users disable EMAIL` to keep the account",
        ));
    }
    let find = async {
        let directory = Directory::open(run).await?;
        let users = directory.find(&emails).await?;
        Ok((directory, users))
    };
    let (directory, users) = run.interruptible(find).await?;
    outln!("Accounts to delete from user pool {}:", directory.pool);
    for user in &users {
        outln!("  {}  {}  ID {}", plain(&user.email), status(&user.status), plain(&user.id));
    }
    outln!("Their conversations and settings remain in the data bucket and the database under these IDs.");
    outln!("If you invite the same address again, the new account has a new ID and no access to them.");
    if users.iter().any(|user| user.status == UserStatus::External) {
        outln!("Users of the company login can log in again as new users: remove them at the identity provider first.");
    }
    outln!("Open sessions end when their tokens expire, within {SESSION_HOURS} hours.");
    if !yes && !matches!(ProcessContext::ask("Delete these accounts? [yes/no]").as_str(), "yes" | "y") {
        return Err(CommandError::simple("cancelled; nothing was changed", ""));
    }
    let work = |user: User| {
        let directory = &directory;
        async move {
            let email = plain(&user.email);
            match calling(&email, || directory.users.delete(&user.username)).await {
                Ok(()) => Done::Changed(format!("removed {email}")),
                Err(error) => Done::Failed(email, error),
            }
        }
    };
    each(run, "removed", users, work).await
}
