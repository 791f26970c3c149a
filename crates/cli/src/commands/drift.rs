//! `ohinfra drift`: shows changes made outside ohinfra since the last apply. Reads only the resources in the state.

use ohinfra_core::tag_index::KnownTags;
use ohinfra_plan::{Graph, Mode, Plan, PlanInput};
use std::collections::{BTreeMap, BTreeSet};

use crate::Outcome;
use crate::args::DriftArguments;
use crate::error::CommandError;
use crate::print::{out, outln};
use crate::run::Run;
use crate::view;

pub(super) async fn run(run: &Run<'_>, arguments: &DriftArguments) -> Result<Outcome, CommandError> {
    let connected = run.connect_with(std::sync::Arc::new(ohinfra_engine::events::Silent), None).await?;
    let document = connected.document().await?;
    let prior = &document.resources;
    let live = connected.engine.refresh(prior, KnownTags::NONE).await?;
    let plan: Plan = ohinfra_plan::plan(&PlanInput {
        deployment: &document.deployment,
        lineage: &document.lineage,
        serial: document.serial,
        configuration_digest: &run.digest,
        graph: &Graph::default(),
        prior,
        live: &live,
        discovered: &BTreeMap::new(),
        schemas: connected.engine.provider.schemas(),
        selected: None,
        replace: &BTreeSet::new(),
        rotate: &BTreeSet::new(),
        mode: Mode::RefreshOnly,
    });
    if arguments.json {
        let shown = serde_json::json!({ "format_version": 1, "deployment": document.deployment, "drift": plan.drift });
        outln!("{shown:#}");
    } else if plan.drift.is_empty() {
        outln!("No drift: {} resources match the last apply.", prior.len());
    } else {
        let mut text = String::new();
        view::plan::render_drift(&mut text, &plan.drift);
        out!("{text}");
        outln!("Run `ohinfra apply` to restore the configured values.");
    }
    Ok(if plan.drift.is_empty() { Outcome::Done } else { Outcome::Changes })
}
