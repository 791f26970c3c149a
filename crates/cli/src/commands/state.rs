//! `ohinfra state`: inspects and modifies the state. Subcommands that write hold the state lock.

use std::path::Path;

use comfy_table::{Table, presets};
use ohinfra_core::Address;
use ohinfra_state::{StateDocument, StateError, migrations};

use crate::Outcome;
use crate::args::StateCommand;
use crate::error::CommandError;
use crate::print::{out, outln};
use crate::run::{Connected, Run};
use ohinfra_state::local::{LARGEST_DOCUMENT, read_at_most};

pub(super) async fn run(run: &Run<'_>, command: &StateCommand) -> Result<Outcome, CommandError> {
    let connected = run.connect(false, None).await?;
    match command {
        StateCommand::List => list(&connected.document().await?),
        StateCommand::Show { address } => show(&connected.document().await?, address)?,
        StateCommand::Pull { at: None } => print(&connected.document().await?),
        StateCommand::Pull { at: Some(version) } => print(&connected.store.read_version(version).await?),
        StateCommand::History => history(&connected).await?,
        StateCommand::Push { file, force } => push(&connected, file, *force).await?,
        StateCommand::Rm { address } => {
            edit(&connected, |document| {
                let resource = document.forget(address).ok_or_else(|| unknown(address))?;
                Ok(format!("Removed {address} from the state; {} {} remains in AWS", resource.kind, resource.id))
            })
            .await?;
        }
        StateCommand::Mv { from, to } => edit(&connected, |document| rename(document, from, to)).await?,
    }
    Ok(Outcome::Done)
}

fn unknown(address: &Address) -> CommandError {
    CommandError::simple(format!("`{address}` is not in the state"), "run `ohinfra state list` to list the resources")
}

fn print(document: &StateDocument) {
    out!("{}", String::from_utf8_lossy(&document.to_bytes()));
}

fn list(document: &StateDocument) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (address, resource) in &document.resources {
        table.add_row([&address.to_string(), &resource.kind, &resource.id]);
    }
    for line in table.to_string().lines() {
        outln!("{}", line.trim());
    }
}

fn show(document: &StateDocument, address: &Address) -> Result<(), CommandError> {
    let resource = document.resources.get(address).ok_or_else(|| unknown(address))?;
    outln!("{}", serde_json::to_string_pretty(resource).unwrap_or_default());
    Ok(())
}

async fn history(connected: &Connected<'_>) -> Result<(), CommandError> {
    let versions = connected.store.history().await?;
    if versions.is_empty() {
        outln!("{} does not keep older versions.", connected.store.place());
    }
    for entry in versions {
        let mark = if entry.current { "  (current)" } else { "" };
        let time = entry.written_at.unwrap_or_default();
        outln!("{}  {time}  {} bytes{mark}", entry.version, entry.size);
    }
    Ok(())
}

async fn push(connected: &Connected<'_>, path: &Path, force: bool) -> Result<(), CommandError> {
    let bytes = read_at_most(path, LARGEST_DOCUMENT).map_err(|error| CommandError::file("read", path, &error))?;
    let mut document = migrations::parse(&bytes, &path.display().to_string())?;
    let place = connected.store.place();
    let expected = &connected.run.configuration.name;
    if document.deployment != *expected {
        let found = document.deployment;
        return Err(StateError::OtherDeployment {
            place: path.display().to_string(),
            found,
            expected: expected.clone(),
        }
        .into());
    }
    let info = connected.run.lock_info("state push", &connected.engine);
    let lock = connected.store.lock(&info).await?;
    let stored = async {
        let current = match connected.store.read().await {
            Ok(current) => current,
            // `--force` also overwrites a corrupt state.
            Err(StateError::Corrupt { .. }) if force => {
                let version = connected.store.version().await?;
                return connected.store.write(&document, version.as_ref()).await;
            }
            Err(error) => return Err(error),
        };
        if let Some(current) = &current {
            let (serial, lineage) = (current.document.serial, &current.document.lineage);
            if document.lineage != *lineage && !force {
                let found = document.lineage.clone();
                return Err(StateError::OtherLineage { place, found, expected: lineage.clone() });
            }
            if document.serial <= serial {
                if !force {
                    return Err(StateError::OlderSerial { place, found: document.serial, current: serial });
                }
                document.serial = serial + 1;
            }
        }
        let version = current.map(|current| current.version);
        connected.store.write(&document, version.as_ref()).await
    }
    .await;
    let released = lock.release().await;
    stored?;
    released?;
    outln!("Wrote serial {} to {}.", document.serial, connected.store.place());
    Ok(())
}

/// Changes the stored document while holding the lock. `change` returns the message to print.
async fn edit(
    connected: &Connected<'_>,
    change: impl FnOnce(&mut StateDocument) -> Result<String, CommandError>,
) -> Result<(), CommandError> {
    let info = connected.run.lock_info("state", &connected.engine);
    let lock = connected.store.lock(&info).await?;
    let result = async {
        let Some(stored) = connected.store.read().await? else {
            return Err(CommandError::simple(
                format!("no state found at {}", connected.store.place()),
                "`ohinfra apply` creates it",
            ));
        };
        let mut document = stored.document;
        let message = change(&mut document)?;
        document.serial += 1;
        connected.store.write(&document, Some(&stored.version)).await?;
        Ok(message)
    }
    .await;
    let released = lock.release().await;
    outln!("{}", result?);
    released?;
    Ok(())
}

fn rename(document: &mut StateDocument, from: &Address, to: &Address) -> Result<String, CommandError> {
    if document.resources.contains_key(to) {
        return Err(CommandError::simple(format!("`{to}` is already in the state"), "choose another address"));
    }
    if !document.rename(from, to) {
        return Err(unknown(from));
    }
    Ok(format!("Moved {from} to {to}; the next apply updates its ownership tag"))
}
