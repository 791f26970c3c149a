//! `ohinfra unlock`: shows the holder of a stale lock and releases it.

use ohinfra_state::{LockInfo, StateError};

use crate::Outcome;
use crate::args::UnlockArguments;
use crate::error::CommandError;
use crate::print::outln;
use crate::run::Run;

pub(super) async fn run(run: &Run<'_>, arguments: &UnlockArguments) -> Result<Outcome, CommandError> {
    let connected = run.connect(false, None).await?;
    let store = &connected.store;
    let holder = store.holder().await?.ok_or_else(|| StateError::NoSuchLock {
        place: store.place(),
        id: arguments.id.clone(),
        held: None,
    })?;
    let age = holder.age(connected.engine.clock.now()).as_secs();
    let holder = holder.info;
    let LockInfo { operation, who, host, pid, created_at, heartbeat_at, tool_version, .. } = &holder;
    outln!(
        "Locked by {who} on {host} (process {pid}, ohinfra {tool_version}) for `{operation}` at {created_at}; last heartbeat {heartbeat_at}"
    );
    // Two intervals: a live holder writes one heartbeat per interval.
    if holder.id == arguments.id && age < LockInfo::HEARTBEAT.as_secs() * 2 && !arguments.force {
        return Err(CommandError::simple(
            format!("the holder's last heartbeat was {age} s ago; it may still be running"),
            "if the process has ended, add `--force`",
        ));
    }
    store.unlock(&arguments.id).await?;
    outln!("Released the lock on {}.", store.place());
    Ok(Outcome::Done)
}
