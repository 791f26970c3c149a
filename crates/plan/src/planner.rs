//! The planner: compares every resource and determines its action.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::Address;
use ohinfra_core::contract::{Live, Standing, is_adopted};
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::inputs::{Inputs, is_unknown, resolve, resolve_all};
use ohinfra_core::schema::{Availability, Replacement, Schema};
use ohinfra_core::secret::digest;
use ohinfra_core::text::Reference;
use ohinfra_state::{ResourceState, Status};
use serde_json::Value;

use crate::difference::{Compared, difference, drift, equal};
use crate::graph::{Need, Outputs, Resource};
use crate::identity::{kept, overlay, refusals};
use crate::in_use::keep_used;
use crate::input::{Mode, PlanInput};
use crate::overlap::{overlap, settle_overlaps};
use crate::plan::{Action, Change, Drift, FieldChange, Plan};
use crate::refusals::{refuse_held, refuse_protected};

/// Computes the plan. Deterministic: equal inputs give equal plans, byte for byte.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let mut plan = Plan {
        deployment: input.deployment.to_owned(),
        lineage: input.lineage.to_owned(),
        serial: input.serial,
        configuration_digest: input.configuration_digest.to_owned(),
        drift: find_drift(input),
        mode: input.mode,
        discovered: input.discovered.keys().cloned().collect(),
        ..Plan::default()
    };
    match input.mode {
        Mode::Apply | Mode::RefreshOnly => {
            plan_apply(input, &mut plan);
            keep_used(&mut plan);
        }
        Mode::Destroy | Mode::Purge => plan_destroy(input, &mut plan),
    }
    settle_overlaps(&mut plan);
    note_data(input, &mut plan);
    refuse_protected(input, &mut plan);
    refuse_held(input, &mut plan);
    plan.diagnostics.sort_by(|a, b| a.place.cmp(&b.place));
    plan
}

fn is_selected(input: &PlanInput<'_>, address: &Address) -> bool {
    input.selected.is_none_or(|selected| selected.contains(address))
}

fn find_drift(input: &PlanInput<'_>) -> Vec<Drift> {
    let mut found = Vec::new();
    for (address, prior) in input.prior.iter().filter(|(address, _)| is_selected(input, address)) {
        let Some(schema) = input.schemas.get(prior.kind.as_str()) else { continue };
        let (missing, fields) = match input.live.get(address) {
            None => (true, Vec::new()),
            Some(live) => (false, drift(schema, input.lineage, &prior.inputs, &live.inputs)),
        };
        if missing || !fields.is_empty() {
            found.push(Drift { address: address.clone(), kind: prior.kind.clone(), missing, fields });
        }
    }
    found
}

fn plan_apply(input: &PlanInput<'_>, plan: &mut Plan) {
    for resource in input.graph.in_order() {
        let change = plan_resource(input, plan, resource);
        plan.changes.insert(resource.address.clone(), change);
    }
    for (address, prior) in input.prior.iter().filter(|(address, _)| input.graph.get(address).is_none()) {
        let mut change = removal(address, prior, "no longer in the configuration");
        if prior.retain || is_adopted(&prior.id) {
            change.action = Action::Retain;
        }
        change.selected = is_selected(input, address);
        if !change.selected || input.mode == Mode::RefreshOnly {
            change.action = Action::None;
            change.reasons.clear();
        }
        plan.changes.insert(address.clone(), change);
    }
    plan.outputs = resolve_outputs(&input.graph.outputs, &|reference| known_attribute(input, plan, reference));
}

fn resolve_outputs(outputs: &Outputs, known: &dyn Fn(&Reference) -> Option<Value>) -> Outputs {
    let resolved = |values: &BTreeMap<String, Value>| {
        values.iter().map(|(name, value)| (name.clone(), resolve(value, known))).collect()
    };
    outputs.iter().map(|(stack, values)| (stack.clone(), resolved(values))).collect()
}

/// Returns the value of an attribute if it is known at this point of the plan.
fn known_attribute(input: &PlanInput<'_>, plan: &Plan, reference: &Reference) -> Option<Value> {
    let change = plan.changes.get(&reference.resource)?;
    if change.action.creates_new() {
        return None;
    }
    let availability = input.schemas.get(change.kind.as_str())?.availability(&reference.attribute)?;
    if change.action != Action::None && availability == Availability::ChangesOnUpdate {
        return None;
    }
    input.live.get(&reference.resource)?.attributes.get(&reference.attribute).cloned()
}

fn plan_resource(input: &PlanInput<'_>, plan: &mut Plan, resource: &Resource) -> Change {
    let address = &resource.address;
    let prior = input.prior.get(address);
    let id = input.discovered.get(address).map(|d| &d.id).or(prior.map(|p| &p.id)).cloned();
    // If only a replaced resource still exists, it becomes the current one again.
    let deposed = prior.iter().flat_map(|p| &p.deposed).filter(|old| Some(*old) != id.as_ref()).cloned().collect();
    let replace_requested = input.replace.contains(address);
    let mut change = Change {
        address: address.clone(),
        kind: resource.kind.to_owned(),
        region: resource.region.clone(),
        action: Action::None,
        reasons: Vec::new(),
        fields: Vec::new(),
        needs: resource.needs.clone(),
        releases: prior
            .iter()
            .flat_map(|prior| prior.depends_on.iter())
            .filter(|needed| !resource.needs.contains_key(*needed))
            .cloned()
            .collect(),
        id,
        deposed,
        desired: Some(resource.inputs.clone()),
        used_by: BTreeSet::new(),
        overlap: Inputs::new(),
        retain: resource.retain,
        kept: prior.filter(|_| !replace_requested).map(|prior| prior.kept.clone()).unwrap_or_default(),
        imported: prior.is_some_and(|prior| prior.imported) && !replace_requested,
        holds_data: false,
        selected: is_selected(input, address),
        is_current: false,
        deferred: false,
    };
    let Some(schema) = input.schemas.get(resource.kind) else { return change };
    let desired = resolve_all(&resource.inputs, &|reference| known_attribute(input, plan, reference));
    if !change.selected {
        change.desired = Some(overlay(&resource.inputs, &change.kept));
        if let (Some(prior), Some(live)) = (prior, input.live.get(address)) {
            let (desired, applied) = (overlay(&desired, &change.kept), Some(&prior.inputs));
            let compared = Compared { schema, lineage: input.lineage, desired: &desired, applied, live: &live.inputs };
            change.is_current = difference(&compared).is_empty();
        }
        return change;
    }
    check_needs(input, plan, resource);
    let moved = prior.is_some_and(|p| p.region != resource.region || p.kind != resource.kind);
    match (prior, input.live.get(address), input.discovered.get(address)) {
        (_, _, Some(found)) if !found.ours => {
            plan.diagnostics.push(conflict(resource, &found.id));
        }
        (Some(prior), _, _) if moved => {
            plan.diagnostics.push(immovable(resource, prior));
        }
        (_, Some(live), Some(found)) => {
            if !replace_requested {
                change.kept = kept(schema, &desired, &live.inputs);
            }
            let desired = overlay(&desired, &change.kept);
            let compared =
                Compared { schema, lineage: input.lineage, desired: &desired, applied: None, live: &live.inputs };
            change.fields = difference(&compared);
            change.action = Action::Adopt;
            change.reasons.push(match found.standing {
                Standing::Present => "owned by this deployment but missing from the state".to_owned(),
                Standing::Scheduled | Standing::Leaving => "scheduled for deletion; will be restored".to_owned(),
            });
            let order = replacement(schema, &desired, &live.inputs);
            if replace_requested {
                replace_as_requested(order, &mut change);
            }
            if !keeps_identity(input, plan, schema, &mut change) {
                replace_if_required(order, &mut change);
            }
        }
        (Some(prior), Some(live), None) => {
            let desired = overlay(&desired, &change.kept);
            let applied = rotated(input, schema, prior, live, &mut change);
            let applied = Some(applied.as_ref().unwrap_or(&prior.inputs));
            let compared = Compared { schema, lineage: input.lineage, desired: &desired, applied, live: &live.inputs };
            change.fields = difference(&compared);
            change.is_current = change.fields.is_empty();
            if !keeps_identity(input, plan, schema, &mut change) {
                decide(input, replacement(schema, &desired, &live.inputs), prior, &mut change);
            }
            if change.action == Action::Update {
                change.overlap = overlap(schema, &desired, &prior.inputs, &live.inputs);
            }
        }
        (prior, _, _) => {
            change.action = Action::Create;
            change.kept.clear();
            change.imported = false;
            if prior.is_some() {
                change.reasons.push("deleted outside ohinfra".to_owned());
            }
            change.id = None;
            change.fields = all_fields(&desired, schema, input.lineage);
        }
    }
    change.desired = Some(overlay(&resource.inputs, &change.kept));
    if input.mode == Mode::RefreshOnly {
        change.action = Action::None;
        change.reasons.clear();
        change.fields.clear();
    }
    change
}

/// Returns `true` if a change of an imported or retained resource requires replacement. Such a resource is not changed, and the
/// plan reports the reason.
fn keeps_identity(input: &PlanInput<'_>, plan: &mut Plan, schema: &Schema, change: &mut Change) -> bool {
    let is_protected = change.imported || change.retain;
    if !is_protected || input.replace.contains(&change.address) || input.mode == Mode::RefreshOnly {
        return false;
    }
    let refusals = refusals(change, schema);
    let is_refused = !refusals.is_empty();
    plan.diagnostics.extend(refusals);
    if is_refused {
        change.action = Action::None;
        change.reasons.clear();
    }
    is_refused
}

/// Marks the existing resources that hold data.
fn note_data(input: &PlanInput<'_>, plan: &mut Plan) {
    for change in plan.changes.values_mut() {
        let is_kind = input.schemas.get(change.kind.as_str()).is_some_and(|schema| schema.holds_data);
        change.holds_data = (is_kind || change.retain) && input.live.contains_key(&change.address);
    }
}

fn decide(input: &PlanInput<'_>, order: Replacement, prior: &ResourceState, change: &mut Change) {
    if !change.fields.is_empty() {
        change.action = Action::Update;
    }
    if prior.status == Status::Creating {
        change.action = Action::Update;
        change.reasons.push("a previous apply did not finish creating it".to_owned());
    }
    if !change.deposed.is_empty() {
        change.deferred = prior.deferred && change.action == Action::None;
        change.action = Action::Update;
        change.reasons.push(format!("{} is left over from a previous replacement", change.deposed.join(", ")));
    }
    if input.replace.contains(&change.address) {
        replace_as_requested(order, change);
    }
    replace_if_required(order, change);
}

fn replace_as_requested(order: Replacement, change: &mut Change) {
    change.action = Action::Replace(order);
    change.reasons.push("requested with --replace".to_owned());
}

/// Returns the applied inputs without the rotated one, so that it differs. A rotation that an earlier run started is completed
/// first.
fn rotated(
    input: &PlanInput<'_>,
    schema: &Schema,
    prior: &ResourceState,
    live: &Live,
    change: &mut Change,
) -> Option<Inputs> {
    let field = schema.rotated.filter(|_| input.rotate.contains(&change.address))?;
    if prior.attributes != live.attributes {
        change.reasons.push("a previous rotation is unfinished and is completed first".to_owned());
        return None;
    }
    change.reasons.push("rotation requested with --rotate".to_owned());
    let mut applied = prior.inputs.clone();
    applied.remove(field);
    Some(applied)
}

/// Returns the order of a replacement: delete-first only if both resources cannot coexist, because they share the natural
/// name or exclude each other regardless of their names. A name that is still unknown counts as equal.
fn replacement(schema: &Schema, desired: &Inputs, live: &Inputs) -> Replacement {
    let renamed = |field: &&str| {
        let known =
            |inputs: &Inputs| inputs.get(*field).filter(|value| !value.is_null() && !is_unknown(value)).cloned();
        let (Some(desired), Some(live)) = (known(desired), known(live)) else { return false };
        !equal(schema.traits(field), &desired, &live)
    };
    if !schema.exclusive && schema.natural_name.iter().any(renamed) {
        return Replacement::CreateFirst;
    }
    schema.replacement
}

fn replace_if_required(order: Replacement, change: &mut Change) {
    let forced: Vec<&str> = change.fields.iter().filter(|f| f.replace).map(|f| f.path.as_str()).collect();
    if !forced.is_empty() {
        change.reasons.push(format!("changing {} requires replacement", forced.join(", ")));
        change.action = Action::Replace(order);
    }
    if change.retain && matches!(change.action, Action::Replace(_)) {
        // Resources with data are never deleted: the old resource stays, so the new one need not wait for its deletion.
        let old = change.id.clone().unwrap_or_default();
        change.reasons.push(format!("the old resource ({old}) holds data and is retained"));
        change.action = Action::Replace(Replacement::CreateFirst);
    }
}

/// Reports the dependencies of a selected resource that neither exist nor are selected.
fn check_needs(input: &PlanInput<'_>, plan: &mut Plan, resource: &Resource) {
    for need in resource.needs.keys() {
        let exists = input.live.contains_key(need);
        if !exists && !is_selected(input, need) {
            plan.diagnostics.push(
                Diagnostic::error(
                    &resource.address,
                    format!("depends on {need}, which does not exist and is not selected"),
                )
                .help(format!("add `--target {need}`, or drop `--exclusively`")),
            );
        }
    }
}

fn conflict(resource: &Resource, id: &str) -> Diagnostic {
    Diagnostic::error(
        &resource.address,
        format!("{} `{id}` already exists in {} and is not managed by this deployment", resource.kind, resource.region),
    )
    .help(format!(
        "run `ohinfra import {} '{id}'` to adopt it; otherwise rename or delete it, or choose another `name` for this deployment",
        resource.address
    ))
}

fn immovable(resource: &Resource, prior: &ResourceState) -> Diagnostic {
    Diagnostic::error(
        &resource.address,
        format!(
            "is a {} in {} and cannot be changed to a {} in {}",
            prior.kind, prior.region, resource.kind, resource.region
        ),
    )
    .help("destroy the deployment first, or choose another `name` for the deployment in the other region")
}

/// Returns all fields of a resource to be created.
fn all_fields(desired: &Inputs, schema: &Schema, lineage: &str) -> Vec<FieldChange> {
    let field = |(path, value): (&String, &Value)| {
        let sensitive = schema.traits(path).has(ohinfra_core::schema::SENSITIVE);
        let unknown = is_unknown(value);
        FieldChange {
            path: path.clone(),
            before: None,
            after: Some(if sensitive && !unknown { digest(lineage, value) } else { value.clone() }),
            replace: false,
            drift: false,
            sensitive,
            unknown,
        }
    };
    desired.iter().filter(|(_, value)| !value.is_null()).map(field).collect()
}

fn removal(address: &Address, prior: &ResourceState, reason: &str) -> Change {
    Change {
        address: address.clone(),
        kind: prior.kind.clone(),
        region: prior.region.clone(),
        action: Action::Delete,
        reasons: vec![reason.to_owned()],
        fields: Vec::new(),
        needs: prior.depends_on.iter().map(|need| (need.clone(), Need::Ready)).collect(),
        releases: BTreeSet::new(),
        id: Some(prior.id.clone()),
        deposed: prior.deposed.clone(),
        desired: None,
        used_by: BTreeSet::new(),
        overlap: Inputs::new(),
        retain: prior.retain,
        kept: prior.kept.clone(),
        imported: prior.imported,
        holds_data: false,
        selected: true,
        is_current: false,
        deferred: prior.deferred,
    }
}

fn plan_destroy(input: &PlanInput<'_>, plan: &mut Plan) {
    for (address, prior) in input.prior {
        let mut change = removal(address, prior, "destroy");
        change.reasons.clear();
        change.selected = is_selected(input, address);
        if !change.selected {
            change.action = Action::None;
        } else if prior.retain && input.mode == Mode::Destroy || is_adopted(&prior.id) {
            change.action = Action::Retain;
        } else if !input.live.contains_key(address) {
            change.reasons.push("already deleted".to_owned());
        }
        plan.changes.insert(address.clone(), change);
    }
    for (address, found) in input.discovered.iter().filter(|(address, found)| found.ours && is_selected(input, address))
    {
        let Some(resource) = input.graph.get(address) else { continue };
        let is_deleted = match (input.mode, found.standing) {
            (Mode::Purge, Standing::Present | Standing::Scheduled) => true,
            (_, Standing::Present) => !resource.retain,
            (_, Standing::Scheduled | Standing::Leaving) => false,
        };
        if input.prior.contains_key(address) || !is_deleted || is_adopted(&found.id) {
            continue;
        }
        let record = ResourceState {
            depends_on: resource.needs.keys().cloned().collect(),
            retain: resource.retain,
            ..ResourceState::found(resource.kind, &resource.region, &found.id)
        };
        let change = removal(address, &record, "owned by this deployment but missing from the state");
        plan.changes.insert(address.clone(), change);
    }
    // Resources that stay in the state keep their dependencies.
    let kept: Vec<(Address, BTreeSet<Address>)> = input
        .prior
        .iter()
        .filter(|(address, _)| !is_selected(input, address))
        .map(|(address, prior)| (address.clone(), prior.depends_on.clone()))
        .collect();
    for (address, needs) in kept {
        for need in needs {
            if plan.changes.get(&need).is_some_and(|c| c.action == Action::Delete) {
                plan.diagnostics.push(
                    Diagnostic::error(&need, format!("cannot be destroyed: {address} depends on it"))
                        .help(format!("drop `--exclusively` to destroy {address} as well")),
                );
            }
        }
    }
}
