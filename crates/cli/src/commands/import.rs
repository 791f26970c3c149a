//! `ohinfra import`: takes an existing resource over. Nothing is changed in AWS; the next plan shows what would be.

use std::sync::Arc;

use ohinfra_engine::Session;
use ohinfra_plan::{Mode, Selection};

use crate::Outcome;
use crate::args::ImportArguments;
use crate::error::CommandError;
use crate::run::{Connected, Reading, Run, Wishes};
use crate::say::outln;

pub(super) async fn run(run: &Run<'_>, arguments: &ImportArguments) -> Result<Outcome, CommandError> {
    let connected = run.connect(false, None).await?;
    let info = run.lock_info("import", &connected.engine);
    let name = &run.configuration.name;
    let session = Session::open(&connected.engine, Arc::clone(&connected.store), name, &info).await?;
    let result = run.interruptible(import(&connected, &session, arguments)).await;
    let closed = session.close().await;
    result?;
    closed?;
    outln!("{} is {} now; `ohinfra plan` shows what would be changed about it.", arguments.address, arguments.id);
    Ok(Outcome::Done)
}

async fn import(connected: &Connected<'_>, session: &Session, arguments: &ImportArguments) -> Result<(), CommandError> {
    let document = session.writer.document();
    if let Some(known) = document.resources.get(&arguments.address) {
        return Err(CommandError::simple(
            format!("the state knows {} already: {}", arguments.address, known.id),
            format!("`ohinfra state rm {}` makes it forget", arguments.address),
        ));
    }
    let planned =
        connected.plan(&document, &Selection::default(), &Wishes::default(), Mode::Apply, Reading::Exact).await?;
    let resource = planned.graph.get(&arguments.address).ok_or_else(|| {
        CommandError::simple(
            format!("the configuration makes no `{}`", arguments.address),
            "`ohinfra graph` lists every address",
        )
    })?;
    let known = &planned.refreshed.live;
    let imported = connected.engine.import(session, resource, &arguments.id, known).await;
    imported.map_err(|error| CommandError::Provider { what: arguments.address.to_string(), error })?;
    Ok(session.writer.flush().await?)
}
