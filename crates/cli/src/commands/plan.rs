//! `ohinfra plan`: shows what would change.

use std::collections::BTreeSet;
use std::sync::Arc;

use ohinfra_core::Address;
use ohinfra_engine::events::Silent;
use ohinfra_plan::{Mode, PlanDocument};

use crate::Outcome;
use crate::args::PlanArguments;
use crate::error::{CommandError, print_warnings};
use crate::plan_file::{PlanFile, mode_word};
use crate::run::{Planned, Run, VERSION, selection};
use crate::say::{out, outln};
use crate::view::plan::{Detail, render};

pub(super) async fn run(run: &Run<'_>, arguments: &PlanArguments) -> Result<Outcome, CommandError> {
    let mode = match (arguments.destroy, arguments.refresh_only) {
        (true, _) => Mode::Destroy,
        (_, true) => Mode::RefreshOnly,
        _ => Mode::Apply,
    };
    let connected = if arguments.json {
        // The plan is the one thing on standard output; nobody watches.
        run.connect_with(Arc::new(Silent), arguments.selection.parallelism).await?
    } else {
        run.connect(false, arguments.selection.parallelism).await?
    };
    let selection = selection(&arguments.selection);
    let replace: BTreeSet<Address> = arguments.replace.iter().cloned().collect();
    let document = connected.document().await?;
    let Planned { plan, graph, warnings, .. } = connected.plan(&document, &selection, &replace, mode).await?;
    check_replace(&replace, &graph)?;
    let shown = PlanDocument::new(&plan, mode_word(mode), VERSION, arguments.all);
    if arguments.json {
        let mut shown = shown;
        shown.warnings.extend(warnings.iter().map(ToString::to_string));
        outln!("{}", serde_json::to_string_pretty(&shown).unwrap_or_default());
    } else {
        print_warnings(&warnings);
        out!("{}", render(&plan, Detail { verbose: run.arguments.verbose }));
    }
    super::apply::refuse_conflicts(&plan)?;
    if let Some(path) = &arguments.out {
        let whole = PlanDocument::new(&plan, mode_word(mode), VERSION, true);
        PlanFile::new(whole, &selection, replace).write(path)?;
        if !arguments.json {
            outln!("Saved: `ohinfra apply {}` does exactly this.", path.display());
        }
    }
    let changes = !plan.is_empty() || (mode == Mode::RefreshOnly && !plan.drift.is_empty());
    Ok(if changes && arguments.detailed_exitcode { Outcome::Changes } else { Outcome::Done })
}

/// `--replace` of what is not there.
pub(super) fn check_replace(replace: &BTreeSet<Address>, graph: &ohinfra_plan::Graph) -> Result<(), CommandError> {
    match replace.iter().find(|address| graph.get(address).is_none()) {
        None => Ok(()),
        Some(address) => Err(CommandError::simple(
            format!("--replace: there is no resource `{address}`"),
            "`ohinfra graph` lists every address",
        )),
    }
}
