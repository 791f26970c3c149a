//! The context of a command: configuration, cloud, state and engine, and the planning that they share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use futures::future::join;
use jiff::Timestamp;
use ohinfra_core::Provider;
use ohinfra_core::contract::Live;
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::lookup::Request;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::{Address, ProviderError};
use ohinfra_engine::refresh::ReadError;
use ohinfra_engine::{Engine, Interrupt, Limits, Observer, PlanRequest, SystemClock};
use ohinfra_kinds::sts::{CallerDetails, CallerIdentity};
use ohinfra_openhands::configuration::SamlMetadata;
use ohinfra_openhands::configuration::login::is_saml_metadata;
use ohinfra_openhands::environment::Pins;
use ohinfra_openhands::sandbox_policy::{self, SandboxPolicy};
use ohinfra_openhands::{Configuration, Environment, Sources, build_graph, environment};
use ohinfra_plan::{Graph, Mode, Plan, Selection};
use ohinfra_state::{LocalStore, LockInfo, StateDocument, StateStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::args::{Arguments, PlanOptionArguments, SelectionArguments};
use crate::cloud::Cloud;
use crate::error::CommandError;
use crate::process::ProcessContext;
use crate::progress;
use ohinfra_state::local::read_at_most;

/// Maximum size of a configuration or policy file, in bytes. IAM accepts 10,240 characters of policies per role.
const LARGEST_FILE: u64 = 256 * 1024;

/// Maximum size of a SAML metadata file, in bytes: Cognito's limit for a detail of an identity provider, in characters.
const LARGEST_METADATA: u64 = 128 * 1024;

/// The version of ohinfra.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The context of a command before it connects to the cloud.
pub struct Run<'a> {
    /// The global flags.
    pub arguments: &'a Arguments,
    /// The process context.
    pub process: &'a ProcessContext,
    /// The cloud.
    pub cloud: &'a dyn Cloud,
    /// The configuration.
    pub configuration: Configuration,
    /// The AWS permissions of agents.
    pub sandbox: SandboxPolicy,
    /// The digest of the configuration, recorded in saved plans.
    pub digest: String,
    /// Warnings about the configuration.
    pub warnings: Vec<Diagnostic>,
    /// The interrupt by the user.
    pub interrupt: Interrupt,
}

/// A run with the cloud and the state.
pub struct Connected<'a> {
    /// The run.
    pub run: &'a Run<'a>,
    /// The engine.
    pub engine: Engine,
    /// The state.
    pub store: Arc<dyn StateStore>,
}

/// A plan with its sources.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The desired resources.
    pub graph: Graph,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
    /// The lookup answers to pin in the state.
    pub pins: BTreeMap<String, Value>,
}

/// Changes to plan in addition to those of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOptions {
    /// Resources to replace.
    #[serde(default)]
    pub replace: BTreeSet<Address>,
    /// Secrets to rotate.
    #[serde(default)]
    pub rotate: BTreeSet<Address>,
    /// Resources with data that may be deleted or replaced.
    #[serde(default)]
    pub accept: BTreeSet<Address>,
    /// Update pinned images and versions.
    #[serde(default)]
    pub upgrade: bool,
}

/// The read mode for the resources in the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMode {
    /// Every resource and its tags from its own service: for plans that are applied.
    Authoritative,
    /// Tags from the tagging index, which may lag behind: for plans that are only shown.
    TagIndex,
}

impl<'a> Run<'a> {
    /// Loads the configuration and reports all of its problems together.
    pub fn new(
        arguments: &'a Arguments,
        process: &'a ProcessContext,
        cloud: &'a dyn Cloud,
        interrupt: Interrupt,
    ) -> Result<Self, CommandError> {
        let (mut configuration, mut warnings) = Configuration::load(&sources(arguments, process)?)?;
        saml_metadata(arguments, &mut configuration)?;
        let (sandbox, policy_text) = sandbox_policy(arguments, &configuration)?;
        warnings.extend(sandbox.warnings.clone());
        let digest = configuration.digest(&policy_text);
        Ok(Self { arguments, process, cloud, configuration, sandbox, digest, warnings, interrupt })
    }

    /// Connects to the cloud and the state. `json`: events go to standard output as JSON.
    pub async fn connect(&'a self, json: bool, parallelism: Option<u16>) -> Result<Connected<'a>, CommandError> {
        let observer = progress::observer(self, json)?;
        self.connect_with(observer, parallelism).await
    }

    /// Connects with the given observer.
    pub async fn connect_with(
        &'a self,
        observer: Arc<dyn Observer>,
        parallelism: Option<u16>,
    ) -> Result<Connected<'a>, CommandError> {
        let provider = self.cloud.connect(&self.configuration.region).await;
        let store = self.store(&provider).await?;
        let limits = Limits::new(provider.limits().clone(), parallelism.map(usize::from));
        let engine = Engine {
            provider,
            limits: Arc::new(limits),
            observer,
            clock: Arc::new(SystemClock),
            interrupt: self.interrupt.clone(),
            tool_version: VERSION.to_owned(),
        };
        Ok(Connected { run: self, engine, store })
    }

    async fn store(&self, provider: &Provider) -> Result<Arc<dyn StateStore>, CommandError> {
        let Some(url) = &self.configuration.state_url else {
            let path = Path::new("state").join(format!("{}.json", self.configuration.name));
            return Ok(Arc::new(LocalStore::new(path)));
        };
        let (bucket, key) = self.state_place(provider, url).await?;
        Ok(self.cloud.state(&self.configuration.region, &bucket, &key).await)
    }

    /// The bucket and the key of a state URL, with `<account>` and `<region>` filled in.
    pub async fn state_place(&self, provider: &Provider, url: &str) -> Result<(String, String), CommandError> {
        let mut url = url.replace("<region>", self.configuration.region.as_str());
        if url.contains("<account>") {
            url = url.replace("<account>", &self.caller(provider).await?.account);
        }
        let place = url.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let (bucket, key) = place.ok_or_else(|| {
            CommandError::simple(format!("`{url}` is not a state URL"), "use the form `s3://bucket/key`")
        })?;
        Ok((bucket.to_owned(), key.to_owned()))
    }

    async fn caller(&self, provider: &Provider) -> Result<CallerDetails, CommandError> {
        let request = Request::new::<CallerIdentity>(&self.configuration.region, &());
        let failed =
            |error: ProviderError| CommandError::from(vec![ReadError { what: request.name.to_owned(), error }]);
        let answer = provider.ask(&request).await.map_err(failed)?;
        serde_json::from_value(answer).map_err(|error| CommandError::simple(error.to_string(), ""))
    }

    /// The lock information of this process.
    pub fn lock_info(&self, operation: &str, engine: &Engine) -> LockInfo {
        let now: Timestamp = engine.clock.now();
        LockInfo {
            id: uuid::Uuid::new_v4().to_string(),
            operation: operation.to_owned(),
            who: self.process.user.clone(),
            host: self.process.host.clone(),
            pid: std::process::id(),
            created_at: now,
            heartbeat_at: now,
            tool_version: VERSION.to_owned(),
        }
    }

    /// Runs read-only work that an interrupt may abort.
    pub async fn interruptible<T>(
        &self,
        work: impl Future<Output = Result<T, CommandError>>,
    ) -> Result<T, CommandError> {
        tokio::select! {
            result = work => result,
            () = self.interrupt.stop.cancelled() => Err(CommandError::Interrupted("interrupted; nothing was changed".to_owned())),
        }
    }
}

impl Connected<'_> {
    /// Returns the stored state, or a new one if none is stored.
    pub async fn document(&self) -> Result<StateDocument, CommandError> {
        let name = &self.run.configuration.name;
        Ok(ohinfra_engine::session::load(self.store.as_ref(), name, VERSION).await?.0)
    }

    /// Creates a plan. Lookups and reads of recorded resources run concurrently.
    pub async fn plan(
        &self,
        document: &StateDocument,
        selection: &Selection,
        options: &PlanOptions,
        mode: Mode,
        reading: ReadMode,
    ) -> Result<Planned, CommandError> {
        let configuration = &self.run.configuration;
        let mut pins = Pins { known: document.pins.clone(), upgrade: options.upgrade, ..Pins::default() };
        let requests = environment::lookups(configuration, &pins, matches!(mode, Mode::Destroy | Mode::Purge));
        let prior = &document.resources;
        let reading = async {
            match reading {
                ReadMode::Authoritative => self.engine.refresh(prior, KnownTags::NONE).await,
                ReadMode::TagIndex => {
                    let index = self.engine.tag_index(document);
                    let tags = index.as_deref().map_or(KnownTags::NONE, KnownTags::of);
                    self.engine.refresh(prior, tags).await
                }
            }
        };
        let (answers, live) = join(self.engine.ask_all(&requests), reading).await;
        let mut answered = Vec::new();
        let mut unanswered: Vec<ReadError> = Vec::new();
        for (request, answer) in requests.into_iter().zip(answers) {
            match answer {
                Ok(answer) => answered.push((request, answer)),
                Err(error) => unanswered.push(error),
            }
        }
        let live = match live {
            Ok(live) if unanswered.is_empty() => live,
            Ok(_) => return Err(unanswered.into()),
            Err(errors) => {
                unanswered.extend(errors);
                return Err(unanswered.into());
            }
        };
        pins.cluster_version = cluster_version(&live);
        let mut warnings = self.run.warnings.clone();
        warnings.extend(assumptions(&live));
        let mut pinned = document.pins.clone();
        let graph = match Environment::new(configuration, &answered, &pins) {
            Ok((environment, remarks)) => {
                warnings.extend(remarks);
                pinned.clone_from(&environment.pins);
                build_graph(configuration, &environment, &self.run.sandbox)?
            }
            // A destroy works from the state, even if the VPC or the zone no longer exists.
            Err(problems) if matches!(mode, Mode::Destroy | Mode::Purge) => {
                warnings.extend(
                    problems
                        .into_iter()
                        .map(|problem| Diagnostic { severity: ohinfra_core::diagnostic::Severity::Warning, ..problem }),
                );
                Graph::default()
            }
            Err(problems) => return Err(problems.into()),
        };
        let plan = self.plan_graph(document, &graph, live, selection, options, mode).await?;
        Ok(Planned { plan, graph, warnings, pins: pinned })
    }

    async fn plan_graph(
        &self,
        document: &StateDocument,
        graph: &Graph,
        live: std::collections::BTreeMap<Address, Live>,
        selection: &Selection,
        options: &PlanOptions,
        mode: Mode,
    ) -> Result<Plan, CommandError> {
        let digest = &self.run.digest;
        let request = PlanRequest {
            document,
            graph,
            configuration_digest: digest,
            selection,
            replace: &options.replace,
            rotate: &options.rotate,
            mode,
        };
        Ok(self.engine.plan(&request, live).await?)
    }
}

/// Returns the engine version of the live cluster; `None` if it does not exist.
fn cluster_version(live: &std::collections::BTreeMap<Address, Live>) -> Option<String> {
    let cluster = live.get(&environment::CLUSTER.parse::<Address>().ok()?)?;
    let version = cluster.inputs.get("engine_version")?;
    version.as_str().map(str::to_owned)
}

/// Returns a warning for each resource that could not be read.
fn assumptions(live: &std::collections::BTreeMap<Address, Live>) -> Vec<Diagnostic> {
    let warning = |(address, live): (&Address, &Live)| {
        let reason = live.assumed.as_ref()?;
        let message = format!("{reason}: {address} is assumed to be as recorded in the state");
        let help = "start the database, or fix its secret or its Data API, then re-run the same command";
        Some(Diagnostic::warning(address.to_string(), message).help(help))
    };
    live.iter().filter_map(warning).collect()
}

/// Returns the selection of the arguments.
pub fn selection(arguments: &SelectionArguments) -> Selection {
    Selection {
        stacks: arguments.stacks.clone(),
        targets: arguments.targets.clone(),
        exclusively: arguments.exclusively,
    }
}

/// Returns the plan options of the arguments.
pub fn options(arguments: &PlanOptionArguments) -> PlanOptions {
    PlanOptions {
        replace: arguments.replace.iter().cloned().collect(),
        rotate: arguments.rotate.iter().cloned().collect(),
        accept: arguments.accept.iter().cloned().collect(),
        upgrade: arguments.upgrade,
    }
}

fn sources(arguments: &Arguments, process: &ProcessContext) -> Result<Sources, CommandError> {
    let name = arguments.config.display().to_string();
    let file = match read_at_most(&arguments.config, LARGEST_FILE) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Some((name, text)),
            Err(_) => return Err(CommandError::simple(format!("{name} is not UTF-8 text"), "save it as UTF-8")),
        },
        // Flags and variables may set every required key.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if process.variables.is_empty() && arguments.sets.is_empty() && arguments.contexts.is_empty() {
                return Err(CommandError::simple(
                    format!("configuration file `{name}` not found"),
                    "create one with `ohinfra init`, or name another file with `--config FILE`",
                ));
            }
            None
        }
        Err(error) => return Err(CommandError::file("read", &arguments.config, &error)),
    };
    Ok(Sources {
        file,
        environment: process.variables.clone(),
        contexts: arguments.contexts.clone(),
        sets: arguments.sets.clone(),
    })
}

/// Reads the metadata file of the SAML login; its path is relative to the configuration file.
fn saml_metadata(arguments: &Arguments, configuration: &mut Configuration) -> Result<(), CommandError> {
    let Some(saml) = &mut configuration.login.saml else { return Ok(()) };
    let SamlMetadata::File(file) = &saml.metadata else { return Ok(()) };
    let path = arguments.config.parent().unwrap_or_else(|| Path::new("")).join(file);
    let bytes = read_at_most(&path, LARGEST_METADATA).map_err(|error| {
        CommandError::simple(
            format!("auth.saml.metadata_file: failed to read {}: {error}", path.display()),
            "the path is relative to the configuration file",
        )
    })?;
    let text = String::from_utf8(bytes).ok().filter(|text| is_saml_metadata(text));
    let text = text.ok_or_else(|| {
        CommandError::simple(
            format!("auth.saml.metadata_file: {} is not SAML metadata", path.display()),
            "download the metadata of the identity provider: XML with an `EntityDescriptor`",
        )
    })?;
    saml.metadata = SamlMetadata::Text(text);
    Ok(())
}

/// Reads the policy file of agents; its path is relative to the configuration file. Empty unless agents have access to AWS.
fn sandbox_policy(
    arguments: &Arguments,
    configuration: &Configuration,
) -> Result<(SandboxPolicy, String), CommandError> {
    if !configuration.sandbox_aws_access {
        return Ok((SandboxPolicy::default(), String::new()));
    }
    let folder = arguments.config.parent().unwrap_or_else(|| Path::new(""));
    let path = folder.join(&configuration.sandbox_aws_policy_file);
    let bytes = read_at_most(&path, LARGEST_FILE).map_err(|error| {
        CommandError::simple(
            format!("sandbox.aws_policy_file: failed to read {}: {error}", path.display()),
            "the path is relative to the configuration file; config/sandbox-aws-policy.json is an example",
        )
    })?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok((sandbox_policy::parse(&text, &path.display().to_string())?, text))
}
