//! `ohinfra plan`

use std::sync::Arc;

use ohinfra_engine::events::Silent;
use ohinfra_plan::{Mode, PlanDocument};

use crate::Outcome;
use crate::args::PlanArguments;
use crate::error::{CommandError, print_warnings};
use crate::plan_file::PlanFile;
use crate::print::{out, outln};
use crate::run::{PlanOptions, Planned, ReadMode, Run, VERSION, options, selection};
use crate::view;
use crate::view::plan::{Detail, render};

pub(super) async fn run(run: &Run<'_>, arguments: &PlanArguments) -> Result<Outcome, CommandError> {
    let mode = match (arguments.destroy, arguments.refresh_only) {
        (true, _) => Mode::Destroy,
        (_, true) => Mode::RefreshOnly,
        _ => Mode::Apply,
    };
    let connected = if arguments.json {
        // Nothing but the plan may go to standard output.
        run.connect_with(Arc::new(Silent), arguments.selection.parallelism).await?
    } else {
        run.connect(false, arguments.selection.parallelism).await?
    };
    let selection = selection(&arguments.selection);
    let options = options(&arguments.options);
    let document = connected.document().await?;
    // A saved plan is applied without another review, and a deletion needs current ownership tags: both need exact reads.
    let only_shown = arguments.out.is_none() && mode != Mode::Destroy;
    let reading = if only_shown { ReadMode::TagIndex } else { ReadMode::Authoritative };
    let planning = connected.plan(&document, &selection, &options, mode, reading);
    let Planned { plan, graph, warnings, .. } = planning.await?;
    check_options(&options, &graph)?;
    let shown = PlanDocument::new(&plan, VERSION, arguments.all);
    if arguments.json {
        let mut shown = shown;
        shown.warnings.extend(warnings.iter().map(ToString::to_string));
        outln!("{}", serde_json::to_string_pretty(&shown).unwrap_or_default());
    } else {
        print_warnings(&warnings);
        out!("{}", render(&plan, Detail { verbose: run.arguments.verbose }));
        out!("{}", view::plan::estimate(&plan, &connected.engine.provider));
    }
    super::apply::refuse_conflicts(&plan)?;
    if let Some(path) = &arguments.out {
        let whole = PlanDocument::new(&plan, VERSION, true);
        PlanFile::new(whole, &selection, options).write(path)?;
        if !arguments.json {
            outln!("Plan saved. Run `ohinfra apply {}` to apply it.", path.display());
        }
    }
    let changes = !plan.is_empty() || (mode == Mode::RefreshOnly && !plan.drift.is_empty());
    Ok(if changes && arguments.detailed_exitcode { Outcome::Changes } else { Outcome::Done })
}

/// Rejects `--replace` and `--rotate` with unsuitable addresses.
pub(super) fn check_options(options: &PlanOptions, graph: &ohinfra_plan::Graph) -> Result<(), CommandError> {
    for (flag, addresses) in [("--replace", &options.replace), ("--rotate", &options.rotate)] {
        if let Some(address) = addresses.iter().find(|address| graph.get(address).is_none()) {
            return Err(CommandError::simple(
                format!("{flag}: no resource `{address}` in the configuration"),
                "run `ohinfra graph` to list the addresses",
            ));
        }
    }
    // A new value that no dependent reads would break every login that still uses the old one.
    let is_read = |address: &ohinfra_core::Address| {
        let is_version =
            |reference: &ohinfra_core::Reference| reference.resource == *address && reference.attribute == "version";
        graph.resources().any(|resource| {
            let inputs = serde_json::Value::Object(resource.inputs.clone());
            ohinfra_core::inputs::references(&inputs).iter().any(is_version)
        })
    };
    let Some(address) = options.rotate.iter().find(|address| !is_read(address)) else { return Ok(()) };
    let is_generated = |resource: &&ohinfra_plan::Resource| {
        let is_copy = resource.inputs.get("content").is_some_and(|content| content["type"] == "user_pool_client");
        resource.kind == "secretsmanager.secret" && !is_copy
    };
    let secrets = graph.resources().filter(is_generated).filter(|resource| is_read(&resource.address));
    let secrets: Vec<String> = secrets.map(|resource| format!("`{}`", resource.address)).collect();
    let help = if secrets.is_empty() {
        "this deployment has no secrets that can be rotated".to_owned()
    } else {
        format!("secrets that can be rotated: {}", secrets.join(", "))
    };
    Err(CommandError::simple(format!("--rotate: `{address}` cannot be rotated"), help))
}
