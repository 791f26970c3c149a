//! `ohinfra import`: records an existing resource in the state, without changing AWS.

use std::sync::Arc;

use ohinfra_engine::Session;
use ohinfra_plan::{Mode, Selection};

use crate::Outcome;
use crate::args::ImportArguments;
use crate::error::CommandError;
use crate::print::outln;
use crate::run::{Connected, PlanOptions, ReadMode, Run};

pub(super) async fn run(run: &Run<'_>, arguments: &ImportArguments) -> Result<Outcome, CommandError> {
    let connected = run.connect(false, None).await?;
    let info = run.lock_info("import", &connected.engine);
    let name = &run.configuration.name;
    let session = Session::open(&connected.engine, Arc::clone(&connected.store), name, &info).await?;
    let result = run.interruptible(import(&connected, &session, arguments)).await;
    let closed = session.close().await;
    result?;
    closed?;
    outln!("Imported {} as {}. Run `ohinfra plan` to show its pending changes.", arguments.id, arguments.address);
    Ok(Outcome::Done)
}

async fn import(connected: &Connected<'_>, session: &Session, arguments: &ImportArguments) -> Result<(), CommandError> {
    let document = session.writer.document();
    if let Some(known) = document.resources.get(&arguments.address) {
        return Err(CommandError::simple(
            format!("{} is already in the state: {}", arguments.address, known.id),
            format!("to import another resource, first run `ohinfra state rm {}`", arguments.address),
        ));
    }
    let planned = connected
        .plan(&document, &Selection::default(), &PlanOptions::default(), Mode::Apply, ReadMode::Authoritative)
        .await?;
    let resource = planned.graph.get(&arguments.address).ok_or_else(|| {
        CommandError::simple(
            format!("the configuration has no resource `{}`", arguments.address),
            "run `ohinfra graph` to list the addresses",
        )
    })?;
    let known = &planned.plan.live;
    let imported = connected.engine.import(session, resource, &arguments.id, known).await;
    imported.map_err(|error| CommandError::Provider { what: arguments.address.to_string(), error })?;
    Ok(session.writer.flush().await?)
}
