//! The plan as text: only changes, grouped by stack, with aligned `old → new` values.

use std::fmt::Write as _;

use anstyle::Style;
use ohinfra_core::Provider;
use ohinfra_core::schema::Replacement;
use ohinfra_plan::Estimate;
use ohinfra_plan::plan::{Action, Change, Drift, FieldChange, Plan, Summary};
use serde_json::Value;

use super::style::{ADD, ADOPT, BOLD, CHANGE, DIM, REMOVE, paint};
use super::value::{NOTHING, SENSITIVE, UNKNOWN, document_text, has_unknown, one_line};
use super::{difference, value};

/// The level of detail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detail {
    /// Show full documents of new resources, and every tag.
    pub(crate) verbose: bool,
}

/// Renders the plan as text.
pub(crate) fn render(plan: &Plan, detail: Detail) -> String {
    let mut text = String::new();
    render_drift(&mut text, &plan.drift);
    let mut stack = "";
    for change in plan.changes.values().filter(|change| is_shown(change)) {
        if change.address.stack() != stack {
            stack = change.address.stack();
            let _ = writeln!(text, "{}", paint(BOLD, stack));
        }
        render_change(&mut text, change, detail);
    }
    if plan.changes.values().any(is_shown) {
        text.push('\n');
    }
    text.push_str(&summary(plan));
    render_data(&mut text, plan);
    text
}

/// Lists the resources with data that the plan deletes or replaces.
fn render_data(text: &mut String, plan: &Plan) {
    for change in plan.data_at_stake() {
        let id = change.id.as_deref().unwrap_or_default();
        let effect = match change.action {
            Action::Replace(_) if change.retain => "is retained; its replacement is empty",
            Action::Replace(_) => "is deleted; its replacement is empty",
            _ => "is deleted",
        };
        let resource = format!("{} {} `{id}`", change.address, change.kind);
        let _ = writeln!(text, "{} {resource} holds data and {effect}", paint(REMOVE, "data:"));
    }
}

fn is_shown(change: &Change) -> bool {
    !matches!(change.action, Action::None)
}

/// Returns the mark and the style of an action.
pub(crate) fn mark(action: Action) -> (&'static str, Style) {
    match action {
        Action::None => (" ", DIM),
        Action::Create => ("+", ADD),
        Action::Update => ("~", CHANGE),
        Action::Replace(Replacement::DeleteFirst) => ("-/+", CHANGE),
        Action::Replace(Replacement::CreateFirst) => ("+/-", CHANGE),
        Action::Delete => ("-", REMOVE),
        Action::Adopt => ("⇐", ADOPT),
        Action::Retain => ("⊙", ADOPT),
    }
}

fn render_change(text: &mut String, change: &Change, detail: Detail) {
    let (mark, style) = mark(change.action);
    let id = change.id.as_deref().filter(|_| change.action != Action::Create).unwrap_or_default();
    let head = format!("{:>3} {}", mark, change.address.name());
    let word = match change.action {
        Action::Adopt => " (adopt)",
        Action::Retain => " (retain)",
        Action::None | Action::Create | Action::Update | Action::Replace(_) | Action::Delete => "",
    };
    let about = format!("{}{}{id}", change.kind, if id.is_empty() { "" } else { " " });
    let _ = writeln!(text, "{}{word}  {}", paint(style, &head), paint(DIM, &about));
    for reason in &change.reasons {
        let _ = writeln!(text, "      {}", paint(DIM, &format!("# {reason}")));
    }
    let is_new = matches!(change.action, Action::Create);
    let fields: Vec<&FieldChange> =
        change.fields.iter().filter(|field| !is_new || detail.verbose || field.path != "tags").collect();
    let width = fields.iter().map(|field| field.path.chars().count()).max().unwrap_or_default();
    for field in fields {
        render_field(text, field, width, is_new, detail);
    }
}

fn render_field(text: &mut String, field: &FieldChange, width: usize, is_new: bool, detail: Detail) {
    let pad = " ".repeat(width.saturating_sub(field.path.chars().count()));
    let mut notes = String::new();
    if field.replace && !is_new {
        notes.push_str("  # forces a replacement");
    }
    if field.drift {
        notes.push_str("  # drift");
    }
    let notes = paint(DIM, &notes);
    let documents = (document_text(field.before.as_ref()), document_text(field.after.as_ref()));
    match documents {
        _ if field.sensitive => {
            let _ = writeln!(text, "      {}{pad} = {SENSITIVE}{notes}", field.path);
        }
        (None, Some(after)) if is_new => {
            let shown = if detail.verbose {
                format!("\n{}", difference::lines("", &after, "        ")).trim_end().to_owned()
            } else {
                format!("(document of {} lines{})", after.lines().count(), unknown_note(field.after.as_ref()))
            };
            let _ = writeln!(text, "      {}{pad} = {shown}{notes}", field.path);
        }
        (Some(before), Some(after)) => {
            let _ = writeln!(text, "      {}{pad} :{}{notes}", field.path, unknown_note(field.after.as_ref()));
            text.push_str(&difference::lines(&before, &after, "        "));
        }
        _ if is_new => {
            let _ = writeln!(text, "      {}{pad} = {}{notes}", field.path, shown_after(field));
        }
        _ => {
            let before = one_line(field.before.as_ref());
            let _ = writeln!(text, "      {}{pad} = {before} → {}{notes}", field.path, shown_after(field));
        }
    }
}

fn unknown_note(value: Option<&Value>) -> String {
    if has_unknown(value) { format!(", partly {UNKNOWN}") } else { String::new() }
}

fn shown_after(field: &FieldChange) -> String {
    match (&field.after, field.unknown) {
        (None, true) => UNKNOWN.to_owned(),
        (after, _) => value::one_line(after.as_ref()),
    }
}

/// Renders changes made outside ohinfra.
pub(crate) fn render_drift(text: &mut String, drift: &[Drift]) {
    if drift.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}", paint(BOLD, "Changed outside ohinfra since the last apply"));
    for drift in drift {
        let head = format!("  ! {}", drift.address);
        let note = if drift.missing { "  was deleted" } else { "" };
        let _ = writeln!(text, "{}{note}  {}", paint(CHANGE, &head), paint(DIM, &drift.kind));
        let width = drift.fields.iter().map(|field| field.path.chars().count()).max().unwrap_or_default();
        for field in &drift.fields {
            let pad = " ".repeat(width.saturating_sub(field.path.chars().count()));
            let documents = (document_text(field.before.as_ref()), document_text(field.after.as_ref()));
            match documents {
                _ if field.sensitive => {
                    let _ = writeln!(text, "      {}{pad} = {SENSITIVE}", field.path);
                }
                (Some(before), Some(after)) => {
                    let _ = writeln!(text, "      {}{pad} :", field.path);
                    text.push_str(&difference::lines(&before, &after, "        "));
                }
                _ => {
                    let side = |value: Option<&Value>| value.map_or_else(|| NOTHING.to_owned(), |v| one_line(Some(v)));
                    let (before, after) = (side(field.before.as_ref()), side(field.after.as_ref()));
                    let _ = writeln!(text, "      {}{pad} = {before} → {after}", field.path);
                }
            }
        }
    }
    text.push('\n');
}

/// Returns the summary line.
pub(crate) fn summary(plan: &Plan) -> String {
    let retained = plan.changes.values().filter(|change| change.action == Action::Retain).count();
    if plan.changes.is_empty() {
        return "No changes. The state is empty.\n".to_owned();
    }
    if plan.is_empty() {
        return format!("No changes. {} resources are up to date.\n", plan.summary().unchanged);
    }
    format!("Plan: {}.\n", counts(plan.summary(), retained))
}

/// Returns the estimated duration and the critical path; empty for an empty plan.
pub(crate) fn estimate(plan: &Plan, provider: &Provider) -> String {
    if plan.is_empty() {
        return String::new();
    }
    let Estimate { duration, longest_path } = ohinfra_plan::estimate(plan, provider.schemas());
    let seconds = duration.as_secs();
    let about = if seconds < 90 { format!("{seconds} s") } else { format!("{} min", (seconds + 30) / 60) };
    let path: Vec<String> = longest_path.iter().map(ToString::to_string).collect();
    format!("Estimated time: {about} (critical path: {})\n", path.join(" → "))
}

fn counts(summary: Summary, retained: usize) -> String {
    let Summary { create, update, replace, delete, adopt, unchanged } = summary;
    let all = [
        (create, "to create"),
        (update, "to update"),
        (replace, "to replace"),
        (delete, "to delete"),
        (adopt, "to adopt"),
        (retained, "to retain"),
        (unchanged, "unchanged"),
    ];
    let shown = all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
    shown.collect::<Vec<_>>().join(", ")
}
