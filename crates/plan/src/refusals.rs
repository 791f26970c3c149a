//! Refusals: plans that AWS would reject in the middle of an apply.

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::inputs::Inputs;
use ohinfra_core::schema::Replacement;
use serde_json::Value;

use crate::input::PlanInput;
use crate::plan::{Action, Change, Plan};
use crate::steps::is_released_late;

/// Reports the deletions that AWS would refuse because of deletion protection.
pub(crate) fn refuse_protected(input: &PlanInput<'_>, plan: &mut Plan) {
    let mut refused = Vec::new();
    for change in plan.changes.values().filter(|change| change.selected) {
        let is_deleted = match change.action {
            Action::Delete => true,
            Action::Replace(_) => !change.retain,
            Action::None | Action::Create | Action::Update | Action::Adopt | Action::Retain => false,
        };
        let field =
            input.schemas.get(change.kind.as_str()).and_then(|schema| schema.protected_by).filter(|_| is_deleted);
        let Some(field) = field else { continue };
        let is_on = |inputs: &Inputs| inputs.get(field) == Some(&Value::Bool(true));
        if !input.live.get(&change.address).is_some_and(|live| is_on(&live.inputs)) {
            continue;
        }
        let resource = input.graph.get(&change.address);
        let again = "run `ohinfra apply`, then re-run this command";
        let help = match resource.map(|resource| (resource.protection_key, is_on(&resource.inputs))) {
            Some((Some(key), true)) => format!("set `{key} = false` in the configuration, {again}"),
            Some((_, false)) => format!("the configuration disables it: {again}"),
            Some((None, true)) | None => "disable deletion protection in AWS, then re-run this command".to_owned(),
        };
        let id = change.id.as_deref().unwrap_or_default();
        let message = format!("deletion protection is enabled: AWS refuses to delete {} `{id}`", change.kind);
        refused.push(Diagnostic::error(&change.address, message).help(help));
    }
    plan.diagnostics.extend(refused);
}

/// Reports delete-first replacements whose dependents release the old resource only after its successor exists. AWS would refuse
/// the deletion until the apply times out.
pub(crate) fn refuse_held(input: &PlanInput<'_>, plan: &mut Plan) {
    let mut refused = Vec::new();
    for change in plan.changes.values().filter(|change| change.action == Action::Replace(Replacement::DeleteFirst)) {
        if !input.schemas.get(change.kind.as_str()).is_some_and(|schema| schema.held) {
            continue;
        }
        let uses = |user: &&Change| user.needs.contains_key(&change.address) || user.releases.contains(&change.address);
        let users = plan.changes.values().filter(uses).filter(|user| is_released_late(user));
        let users: Vec<String> = users.map(|user| user.address.to_string()).collect();
        if users.is_empty() {
            continue;
        }
        let (kind, id) = (&change.kind, change.id.as_deref().unwrap_or_default());
        let message = format!(
            "{kind} `{id}` cannot be replaced: its successor has the same name, and AWS refuses to delete it while {} uses it",
            users.join(", ")
        );
        let fields = change.fields.iter().filter(|field| field.replace).map(|field| format!("`{}`", field.path));
        let fields = fields.collect::<Vec<_>>().join(", ");
        let help = if fields.is_empty() {
            "drop `--replace`".to_owned()
        } else {
            format!("undo the change of {fields}, or destroy the deployment first")
        };
        refused.push(Diagnostic::error(&change.address, message).help(help));
    }
    plan.diagnostics.extend(refused);
}
