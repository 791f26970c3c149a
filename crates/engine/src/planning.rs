//! Planning: finds existing resources that are missing from the state, resolves the selection, and calls the planner.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::Address;
use ohinfra_core::contract::Live;
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_plan::selection::Direction;
use ohinfra_plan::{Graph, Mode, Plan, PlanInput, Selection};
use ohinfra_state::StateDocument;

use crate::Engine;
use crate::events::Event;
use crate::refresh::ReadError;

/// The inputs of a plan.
pub struct PlanRequest<'a> {
    /// The state.
    pub document: &'a StateDocument,
    /// The desired resources. For a destroy: the resources that may exist although they are missing from the state.
    pub graph: &'a Graph,
    /// The digest of the configuration.
    pub configuration_digest: &'a str,
    /// The selection of resources for the run.
    pub selection: &'a Selection,
    /// The resources to replace in any case (`--replace`).
    pub replace: &'a BTreeSet<Address>,
    /// The secrets to rotate (`--rotate`).
    pub rotate: &'a BTreeSet<Address>,
    /// The purpose of the run.
    pub mode: Mode,
}

/// An error of planning.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlanError {
    /// A read failed.
    #[error("failed to read resources")]
    Read(Vec<ReadError>),
    /// The selection contains unknown stacks or resources.
    #[error("unknown stacks or resources selected")]
    Selection(Vec<Diagnostic>),
}

impl Engine {
    /// Computes a plan from the live resources returned by [`Engine::refresh`]. Returns it with the live and discovered
    /// resources that it is based on; [`Engine::apply`] needs both.
    pub async fn plan(&self, request: &PlanRequest<'_>, mut live: BTreeMap<Address, Live>) -> Result<Plan, PlanError> {
        let mut prior = request.document.resources.clone();
        let pending = self.find_pending(request.document, request.graph, &mut prior, &mut live);
        pending.await.map_err(PlanError::Read)?;
        let direction = match request.mode {
            Mode::Apply | Mode::RefreshOnly => Direction::Dependencies,
            Mode::Destroy | Mode::Purge => Direction::Dependents,
        };
        let selected = request.selection.resolve(request.graph, &prior, direction).map_err(PlanError::Selection)?;
        let refreshed = self.discover(request.graph, request.document, live).await.map_err(PlanError::Read)?;
        let mut plan = ohinfra_plan::plan(&PlanInput {
            deployment: &request.document.deployment,
            lineage: &request.document.lineage,
            serial: request.document.serial,
            configuration_digest: request.configuration_digest,
            graph: request.graph,
            prior: &prior,
            live: &refreshed.live,
            discovered: &refreshed.discovered,
            schemas: self.provider.schemas(),
            selected: selected.as_ref(),
            replace: request.replace,
            rotate: request.rotate,
            mode: request.mode,
        });
        self.observer.on(&Event::Planned { summary: plan.summary() });
        plan.live = refreshed.live;
        Ok(plan)
    }
}
