//! `ohinfra apply` and `ohinfra destroy`: lock, plan, confirm, apply. A destroy is a plan whose actions are deletions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_engine::{Report, Session};
use ohinfra_plan::{Mode, Plan, PlanDocument, Selection};

use crate::Outcome;
use crate::args::{ApplyArguments, DestroyArguments};
use crate::error::{CommandError, print_warnings};
use crate::plan_file::PlanFile;
use crate::print::{err, errln, out, outln};
use crate::process::ProcessContext;
use crate::run::{Connected, PlanOptions, Planned, ReadMode, Run, VERSION, options, selection};
use crate::view;
use crate::view::plan::Detail;

/// A requested apply or destroy.
struct Intent {
    operation: &'static str,
    mode: Mode,
    selection: Selection,
    options: PlanOptions,
    saved: Option<PlanFile>,
    yes: bool,
    json: bool,
    /// The command that continues after a failure.
    again: String,
}

pub(super) async fn apply(run: &Run<'_>, arguments: &ApplyArguments) -> Result<Outcome, CommandError> {
    let saved = arguments.plan.as_deref().map(PlanFile::read).transpose()?;
    let intent = Intent {
        operation: "apply",
        mode: saved.as_ref().map_or(Mode::Apply, PlanFile::mode),
        selection: saved.as_ref().map_or_else(|| selection(&arguments.selection), PlanFile::selection),
        options: match &saved {
            None => options(&arguments.options),
            Some(saved) => {
                let mut options = saved.options.clone();
                options.accept.extend(arguments.options.accept.iter().cloned());
                options
            }
        },
        // The user has reviewed a saved plan.
        yes: arguments.yes || saved.is_some(),
        saved,
        json: arguments.json,
        again: again(run, "apply"),
    };
    let connected = run.connect(arguments.json, arguments.selection.parallelism).await?;
    change(&connected, &intent).await
}

pub(super) async fn destroy(run: &Run<'_>, arguments: &DestroyArguments) -> Result<Outcome, CommandError> {
    let intent = Intent {
        operation: "destroy",
        mode: if arguments.purge { Mode::Purge } else { Mode::Destroy },
        selection: Selection {
            stacks: arguments.selection.stacks.clone(),
            targets: arguments.selection.targets.clone(),
            exclusively: arguments.selection.exclusively,
        },
        options: PlanOptions::default(),
        saved: None,
        yes: arguments.yes,
        json: arguments.json,
        again: again(run, if arguments.purge { "destroy --purge" } else { "destroy" }),
    };
    let connected = run.connect(arguments.json, arguments.selection.parallelism).await?;
    change(&connected, &intent).await
}

/// The command that continues after a failure.
fn again(run: &Run<'_>, command: &str) -> String {
    let config = &run.arguments.config;
    let flag =
        if config == Path::new("ohinfra.toml") { String::new() } else { format!(" --config {}", config.display()) };
    format!("ohinfra {command}{flag}")
}

/// Fails with the errors of a plan that must not be applied.
pub(super) fn refuse_conflicts(plan: &Plan) -> Result<(), CommandError> {
    let errors: Vec<Diagnostic> = plan.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}

async fn change(connected: &Connected<'_>, intent: &Intent) -> Result<Outcome, CommandError> {
    let (run, engine) = (connected.run, &connected.engine);
    if !intent.yes && !run.process.can_ask {
        return Err(CommandError::simple(
            format!("`ohinfra {}` needs confirmation, but stdin is not a terminal", intent.operation),
            "review `ohinfra plan`, then add `--yes`, or apply a saved plan",
        ));
    }
    let info = run.lock_info(intent.operation, engine);
    let name = &run.configuration.name;
    let session =
        run.interruptible(async { Ok(Session::open(engine, Arc::clone(&connected.store), name, &info).await?) });
    let session = session.await?;
    let result = change_under_lock(connected, intent, &session).await;
    let document = session.writer.document();
    let closed = session.close().await;
    match result {
        Ok((report, outcome)) => {
            if let Some(error) = report.state_error {
                return Err(save_backup(&document, &error));
            }
            closed?;
            outcome
        }
        Err(error) => {
            // Return the first error. A lock that could not be released expires.
            if let Err(error) = closed {
                errln!("{error}");
            }
            Err(error)
        }
    }
}

type Changed = (Report, Result<Outcome, CommandError>);

async fn change_under_lock(
    connected: &Connected<'_>,
    intent: &Intent,
    session: &Session,
) -> Result<Changed, CommandError> {
    let run = connected.run;
    if let Some(saved) = &intent.saved {
        // A deployment without a state adopts the lineage of the saved plan.
        if session.writer.with(|document| document.serial == 0 && document.resources.is_empty())
            && saved.plan.serial == 0
        {
            session.writer.adopt_lineage(&saved.plan.lineage);
        }
        let document = session.writer.document();
        saved.check_serial(&document.lineage, document.serial, &run.digest)?;
    }
    let document = session.writer.document();
    let planning = connected.plan(&document, &intent.selection, &intent.options, intent.mode, ReadMode::Authoritative);
    let Planned { plan, graph, warnings, pins } = run.interruptible(planning).await?;
    if let Some(saved) = &intent.saved {
        saved.check_same(&PlanDocument::new(&plan, VERSION, true))?;
    }
    if intent.mode == Mode::Apply {
        super::plan::check_options(&intent.options, &graph)?;
    }
    print_warnings(&warnings);
    if !intent.json {
        out!("{}", view::plan::render(&plan, Detail { verbose: run.arguments.verbose }));
        out!("{}", view::plan::estimate(&plan, &connected.engine.provider));
    }
    refuse_conflicts(&plan)?;
    if intent.mode == Mode::Apply {
        confirm_data_loss(intent, &plan)?;
    }
    if !plan.is_empty() && !intent.yes && !is_confirmed(intent, &plan) {
        return Err(CommandError::simple("cancelled; nothing was changed", ""));
    }
    let report = connected.engine.apply(session, &plan).await;
    // Pin only versions in use: the next apply would request a version that AWS refused.
    if intent.mode == Mode::Apply && report.is_success() && session.writer.with(|document| document.pins != pins) {
        session.writer.change(|document| document.pins = pins);
        // An error is reported when the session closes.
        let _ = session.writer.flush().await;
    }
    let text = view::report::render(&report, &plan, &intent.again);
    if intent.json {
        let summary = serde_json::json!({
            "event": "summary",
            "success": report.is_success(),
            "done": report.done.len(),
            "failed": report.failed.iter().map(|f| f.step.address.to_string()).collect::<Vec<_>>(),
            "skipped": report.skipped.iter().map(|(step, _)| step.address.to_string()).collect::<Vec<_>>(),
            "retained": report.retained.iter().map(|(address, _, id)| serde_json::json!({ "address": address, "id": id })).collect::<Vec<_>>(),
            "deferred": report.deferred.iter().map(|(address, id, reason)| serde_json::json!({ "address": address, "id": id, "reason": reason })).collect::<Vec<_>>(),
            "seconds": report.seconds,
        });
        outln!("{summary}");
    } else if report.is_success() && (!plan.is_empty() || !report.deferred.is_empty()) {
        out!("{text}");
        show_outputs(session);
    } else if !report.is_success() {
        err!("{text}");
    }
    let outcome = if report.is_success() {
        Ok(Outcome::Done)
    } else if report.interrupted && report.failed.is_empty() {
        Err(CommandError::Interrupted("interrupted; state saved".to_owned()))
    } else {
        Err(CommandError::Incomplete)
    };
    Ok((report, outcome))
}

fn show_outputs(session: &Session) {
    let outputs = session.writer.with(|document| document.outputs.clone());
    if !outputs.is_empty() {
        out!("\nOutputs:\n{}", view::outputs::table(&outputs));
    }
}

/// Requires consent, by address, for each resource with data that the plan deletes or replaces: `--accept` or the prompt.
/// `destroy` does not ask again: it takes a final snapshot, and only an explicit `--purge` deletes data.
fn confirm_data_loss(intent: &Intent, plan: &Plan) -> Result<(), CommandError> {
    let at_stake = plan.data_at_stake().filter(|change| !intent.options.accept.contains(&change.address));
    let problems: Vec<Diagnostic> = at_stake
        .filter(|change| {
            let question =
                format!("{} holds data. Type `{}` to {} it:", change.address, change.address, change.action.word());
            intent.yes || ProcessContext::ask(&question) != change.address.to_string()
        })
        .map(|change| {
            let id = change.id.as_deref().unwrap_or_default();
            let message = format!("the plan would {} {} `{id}`, which holds data", change.action.word(), change.kind);
            Diagnostic::error(&change.address, message)
                .help(format!("to allow it, add `--accept data:{}`", change.address))
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}

fn is_confirmed(intent: &Intent, plan: &Plan) -> bool {
    if intent.mode == Mode::Purge {
        let question =
            format!("This permanently deletes all resources and data. Type `{}` to confirm:", plan.deployment);
        return ProcessContext::ask(&question) == plan.deployment;
    }
    matches!(ProcessContext::ask("Apply these changes? [yes/no]").as_str(), "yes" | "y")
}

/// Saves the state to a local file after its store refused it. Returns an error that names the file.
fn save_backup(document: &ohinfra_state::StateDocument, error: &ohinfra_state::StateError) -> CommandError {
    let name = format!("{}.errored.json", document.deployment);
    let mut failures = Vec::new();
    for path in [PathBuf::from(&name), std::env::temp_dir().join(&name)] {
        match ohinfra_state::local::replace_file(&path, &document.to_bytes()) {
            Ok(()) => {
                return CommandError::simple(
                    format!("failed to write the state: {error}; a copy was saved to {}", path.display()),
                    format!("fix the cause, then run `ohinfra state push {}`", path.display()),
                );
            }
            Err(error) => failures.push(format!("{}: {error}", path.display())),
        }
    }
    CommandError::simple(
        format!("failed to write the state ({error}) and the backup copies ({})", failures.join("; ")),
        "re-run the same command; it finds the created resources by their names and tags",
    )
}
