//! The report of an apply: failures with the steps that each one skipped, retained and deferred resources, counts.

use std::fmt::Write as _;

use ohinfra_core::Address;
use ohinfra_engine::Report;
use ohinfra_engine::events::word;
use ohinfra_plan::steps::Operation;
use ohinfra_plan::{Action, Plan};

use crate::error::hint;
use crate::style::{ADOPT, BOLD, ERROR, HELP, paint};

/// Renders the report as text. `again` is the command that continues after a failure.
pub(crate) fn render(report: &Report, plan: &Plan, again: &str) -> String {
    let mut text = String::new();
    for failure in &report.failed {
        let head = format!("{}: {} failed", failure.step.address, word(failure.step.operation));
        let _ = writeln!(text, "{} {head}: {}", paint(ERROR, "error:"), failure.error);
        if let Some(hint) = hint(&failure.error) {
            let _ = writeln!(text, "  {} {hint}", paint(HELP, "help:"));
        }
        let skipped: Vec<String> = report
            .skipped
            .iter()
            .filter(|(_, because)| *because == failure.step.address)
            .map(|(step, _)| step.address.to_string())
            .collect();
        if !skipped.is_empty() {
            let _ = writeln!(text, "  skipped (depends on it): {}", skipped.join(", "));
        }
    }
    if !report.abandoned.is_empty() {
        let addresses: Vec<String> = report.abandoned.iter().map(|step| step.address.to_string()).collect();
        let _ = writeln!(text, "still in progress: {}", addresses.join(", "));
    }
    if !report.not_started.is_empty() && report.failed.is_empty() {
        let _ = writeln!(text, "not started: {} steps", report.not_started.len());
    }
    for (address, kind, id) in &report.retained {
        let _ = writeln!(text, "{} {address} retained: {kind} {id}", paint(ADOPT, "⊙"));
    }
    for (address, id, _) in &report.deferred {
        let _ = writeln!(text, "{} {address} deletion deferred: {id}", paint(ADOPT, "◷"));
    }
    if !report.deferred.is_empty() {
        text.push_str(
            "  Lambda@Edge replicas are removed a few hours after the distribution stops using them; until then AWS refuses\n  to delete the function. It stays in the state, and the next apply or destroy retries.\n",
        );
    }
    let outcome = if report.is_success() { "Done" } else { "Incomplete" };
    let _ = writeln!(text, "{}: {} in {:.1} s.", paint(BOLD, outcome), counts(report, plan), report.seconds);
    if !report.is_success() {
        let _ = writeln!(text, "To continue: {again}");
    }
    text
}

fn counts(report: &Report, plan: &Plan) -> String {
    let done = |operation: Operation| report.done.iter().filter(|step| step.operation == operation).count();
    let is_adopted = |address: &Address| plan.changes.get(address).is_some_and(|c| c.action == Action::Adopt);
    let updates = report.done.iter().filter(|step| step.operation == Operation::Update);
    let adopted = updates.filter(|step| is_adopted(&step.address)).count();
    let all = [
        (done(Operation::Create), "created"),
        (done(Operation::Update) - adopted, "updated"),
        (adopted, "adopted"),
        (done(Operation::Delete), "deleted"),
        (done(Operation::Forget), "retained"),
        (report.deferred.len(), "deferred"),
        (report.failed.len(), "failed"),
        (report.skipped.len(), "skipped"),
    ];
    let shown: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if shown.is_empty() { "nothing to do".to_owned() } else { shown.join(", ") }
}
