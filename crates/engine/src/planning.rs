//! From what was read to a plan: finds what the state does not know, resolves the selection, calls the planner.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::Address;
use ohinfra_core::contract::Live;
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_plan::planner::Prior;
use ohinfra_plan::selection::Direction;
use ohinfra_plan::{Graph, Mode, Plan, PlanInput, Selection};
use ohinfra_state::StateDocument;

use crate::Engine;
use crate::events::Event;
use crate::refresh::{ReadError, Refreshed, prior};

/// What a plan is to be made of.
pub struct PlanRequest<'a> {
    /// The state.
    pub document: &'a StateDocument,
    /// What is desired; when destroying, what may be there although the state does not know it.
    pub graph: &'a Graph,
    /// The digest of the configuration.
    pub configuration_digest: &'a str,
    /// What the run may touch.
    pub selection: &'a Selection,
    /// What is made anew in any case.
    pub replace: &'a BTreeSet<Address>,
    /// Which secrets get a new value.
    pub rotate: &'a BTreeSet<Address>,
    /// What the run is for.
    pub mode: Mode,
}

/// Why there is no plan.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlanError {
    /// Something could not be read.
    #[error("reading failed")]
    Read(Vec<ReadError>),
    /// The selection names what does not exist.
    #[error("the selection names what does not exist")]
    Selection(Vec<Diagnostic>),
}

impl Engine {
    /// Makes a plan of what [`Engine::refresh`] has read, and says what it was made of: [`Engine::apply`] wants both.
    pub async fn plan(
        &self,
        request: &PlanRequest<'_>,
        mut live: BTreeMap<Address, Live>,
    ) -> Result<(Plan, Refreshed), PlanError> {
        let mut prior: BTreeMap<Address, Prior> = prior(request.document);
        let pending = self.find_pending(request.document, request.graph, &mut prior, &mut live);
        pending.await.map_err(PlanError::Read)?;
        let direction = match request.mode {
            Mode::Apply | Mode::RefreshOnly => Direction::Making,
            Mode::Destroy | Mode::Purge => Direction::TakingAway,
        };
        let selected = request.selection.resolve(request.graph, &prior, direction).map_err(PlanError::Selection)?;
        let refreshed = self.discover(request.graph, request.document, live).await.map_err(PlanError::Read)?;
        let plan = ohinfra_plan::plan(&PlanInput {
            deployment: &request.document.deployment,
            lineage: &request.document.lineage,
            serial: request.document.serial,
            configuration_digest: request.configuration_digest,
            graph: request.graph,
            prior: &prior,
            live: &refreshed.live,
            discovered: &refreshed.discovered,
            schema: &|kind| self.provider.find_kind(kind).ok().map(|(schema, _)| schema.as_ref().clone()),
            selected: selected.as_ref(),
            replace: request.replace,
            rotate: request.rotate,
            mode: request.mode,
        });
        self.observer.on(&Event::Planned { summary: plan.summary() });
        Ok((plan, refreshed))
    }
}
