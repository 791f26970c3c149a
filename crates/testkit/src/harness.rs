//! A harness that plans and applies graphs like the command line, without the command line itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use ohinfra_core::Address;
use ohinfra_core::Provider;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_engine::events::Silent;
use ohinfra_engine::{Clock, Engine, Interrupt, Limits, PlanError, PlanRequest, Report, Session};
use ohinfra_plan::{Graph, Mode, Plan, Selection};
use ohinfra_state::{LockInfo, StateDocument, StateStore};

use crate::cloud::Cloud;
use crate::store::MemoryStore;

/// A clock that is stopped, for tests that do not depend on the time.
pub struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// A clock that follows the virtual time of a cloud.
pub struct VirtualClock(pub Cloud);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH.checked_add(self.0.now()).unwrap_or(Timestamp::MAX)
    }
}

/// An engine with a state.
#[derive(Clone)]
pub struct Harness {
    /// The engine.
    pub engine: Engine,
    /// The state.
    pub store: MemoryStore,
    /// The deployment's name.
    pub deployment: String,
    /// The user, as recorded in the lock.
    pub operator: String,
    /// The selection of resources for runs.
    pub selection: Selection,
    /// The resources that runs replace in any case.
    pub replace: BTreeSet<Address>,
}

impl Harness {
    /// Creates a harness for a provider, without limits and with an empty state.
    pub fn new(provider: Provider) -> Self {
        let engine = Engine {
            provider,
            observer: Arc::new(Silent),
            clock: Arc::new(StoppedClock),
            limits: Arc::new(Limits::unlimited()),
            interrupt: Interrupt::default(),
            tool_version: "test".to_owned(),
        };
        Self {
            engine,
            store: MemoryStore::default(),
            deployment: "test".to_owned(),
            operator: "ada".to_owned(),
            selection: Selection::default(),
            replace: BTreeSet::new(),
        }
    }

    /// Returns the stored state, or a new one.
    pub fn document(&self) -> StateDocument {
        self.store.document().unwrap_or_else(|| {
            let mut document = StateDocument::new(&self.deployment, "test");
            "00000000-0000-4000-8000-000000000000".clone_into(&mut document.lineage);
            document
        })
    }

    async fn plan_for(&self, document: &StateDocument, graph: &Graph, mode: Mode) -> Result<Plan, PlanError> {
        let live = self.engine.refresh(&document.resources, KnownTags::NONE).await.map_err(PlanError::Read)?;
        let request = PlanRequest {
            document,
            graph,
            configuration_digest: "",
            selection: &self.selection,
            rotate: &BTreeSet::new(),
            replace: &self.replace,
            mode,
        };
        self.engine.plan(&request, live).await
    }

    /// Computes a plan.
    pub async fn plan(&self, graph: &Graph, mode: Mode) -> Result<Plan, PlanError> {
        self.plan_for(&self.document(), graph, mode).await
    }

    /// Acquires the lock, computes a plan and applies it.
    pub async fn run(&self, graph: &Graph, mode: Mode) -> Result<Report, PlanError> {
        if self.store.document().is_none() {
            self.store.set(Some(self.document()));
        }
        let now = self.engine.clock.now();
        let info = LockInfo {
            id: format!("lock of {}", self.operator),
            operation: "test".into(),
            who: self.operator.clone(),
            host: "test".into(),
            pid: 1,
            created_at: now,
            heartbeat_at: now,
            tool_version: "test".into(),
        };
        let store: Arc<dyn StateStore> = Arc::new(self.store.clone());
        let session = match Session::open(&self.engine, store, &self.deployment, &info).await {
            Ok(session) => session,
            Err(error) => return Ok(Report { state_error: Some(error), ..Report::default() }),
        };
        let document = session.writer.document();
        let result = self.plan_for(&document, graph, mode).await;
        let report = match result {
            Ok(plan) if plan.has_errors() => Ok(Report { interrupted: true, ..Report::default() }),
            Ok(plan) => Ok(self.engine.apply(&session, &plan).await),
            Err(error) => Err(error),
        };
        let closed = session.close().await;
        report.map(|report| match closed {
            Err(error) if report.state_error.is_none() => Report { state_error: Some(error), ..report },
            _ => report,
        })
    }

    /// Applies a graph.
    pub async fn apply(&self, graph: &Graph) -> Result<Report, PlanError> {
        self.run(graph, Mode::Apply).await
    }
}
