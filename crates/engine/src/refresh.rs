//! Reads: lookups, the resources in the state, and existing resources that are missing from the state.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use ohinfra_core::contract::{Live, Subject, tags_of};
use ohinfra_core::inputs::{Inputs, resolve_all, without_unknowns};
use ohinfra_core::lookup::Request;
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tag_index::{KnownTags, RecordedTags, TagIndex};
use ohinfra_core::tags::Ownership;
use ohinfra_core::{Address, ProviderError, Region};
use ohinfra_plan::identity::overlay;
use ohinfra_plan::planner::Discovered;
use ohinfra_plan::{Graph, Resource};
use ohinfra_state::{ResourceState, StateDocument};
use serde_json::Value;

use crate::Engine;
use crate::events::Event;
use crate::waiting::retrying_read;

/// The maximum number of IDs per read. AWS filters accept up to 200 values.
const BATCH: usize = 100;

/// Resources of one kind and region, which are read together.
type Group<'a> = ((&'a str, &'a Region), Vec<(&'a Address, &'a String)>);

/// The live and discovered resources.
#[derive(Clone, Debug, Default)]
pub struct Refreshed {
    /// The live resources, by address.
    pub live: BTreeMap<Address, Live>,
    /// The existing resources that are missing from the state, by address.
    pub discovered: BTreeMap<Address, Discovered>,
}

/// An error of a read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("failed to read {what}")]
pub struct ReadError {
    /// The address, lookup or kind that was read.
    pub what: String,
    /// The cause.
    #[source]
    pub error: ProviderError,
}

/// Returns the idempotency token of one attempt: constant across retries within a run, and after a crash that lost the write
/// of the state. It changes with the serial of the state (AWS remembers the tokens of deleted resources), and with the set of
/// resources that the attempt must not reuse: a resource that a killed run created keeps its token and the name derived from it.
fn token(document: &StateDocument, address: &Address, except: &[String]) -> String {
    let generation = document.resources.get(address).map_or(0, |r| r.generation + 1);
    let except: BTreeSet<&String> = except.iter().collect();
    let text = format!("{}/{address}/{generation}/{}/{except:?}", document.lineage, document.serial);
    sha256_hex(text.as_bytes()).chars().take(32).collect()
}

impl Engine {
    /// Returns a callback that reports the status of a waiting read.
    pub(crate) fn notice(&self, what: &str) -> impl Fn(String) {
        move |status| self.observer.on(&Event::Notice { message: format!("{what}: {status}") })
    }

    /// Runs all lookups concurrently. Returns all errors, not only the first one.
    pub async fn ask_all(&self, requests: &[Request]) -> Vec<Result<Value, ReadError>> {
        join_all(requests.iter().map(|request| async move {
            self.observer.on(&Event::Lookup { name: request.name.to_owned(), region: request.region.to_string() });
            let service = request.name.split('.').next().unwrap_or_default();
            let ask = || async {
                let _permit = self.limits.permit(service, &request.region).await;
                self.provider.ask(request).await
            };
            let answer = retrying_read(self.notice(request.name), ask).await;
            answer.map_err(|error| ReadError { what: request.name.to_owned(), error })
        }))
        .await
    }

    /// Creates an index of the deployment's tags as the state records them; `None` if the cloud has none. The index is eventually
    /// consistent, so use it only for plans that are not applied.
    pub fn tag_index(&self, document: &StateDocument) -> Option<Box<dyn TagIndex>> {
        let recorded = document.resources.iter();
        let tags = recorded.map(|(address, resource)| (address.to_string(), tags_of(&resource.inputs))).collect();
        self.provider.tag_index(RecordedTags { deployment: document.deployment.clone(), tags })
    }

    /// Reads all resources in the state, with one call per kind and region if AWS supports it. Tags in `tags` need no call.
    pub async fn refresh(
        &self,
        prior: &BTreeMap<Address, ResourceState>,
        tags: KnownTags<'_>,
    ) -> Result<BTreeMap<Address, Live>, Vec<ReadError>> {
        let mut groups: BTreeMap<(&str, &Region), Vec<(&Address, &String)>> = BTreeMap::new();
        for (address, resource) in prior {
            groups.entry((&resource.kind, &resource.region)).or_default().push((address, &resource.id));
        }
        let groups: Vec<_> = groups.into_iter().collect();
        self.read_groups(&groups, tags).await
    }

    async fn read_groups(
        &self,
        groups: &[Group<'_>],
        tags: KnownTags<'_>,
    ) -> Result<BTreeMap<Address, Live>, Vec<ReadError>> {
        let batches = groups.iter().flat_map(|(key, members)| members.chunks(BATCH).map(move |chunk| (*key, chunk)));
        let reads = batches.map(|((kind, region), members)| async move {
            let ids: Vec<String> = members.iter().map(|(_, id)| (*id).clone()).collect();
            let what = || members.iter().map(|(address, _)| address.to_string()).collect::<Vec<_>>().join(", ");
            let failed = |error| ReadError { what: what(), error };
            let (schema, resource_kind) = self.provider.find_kind(kind).map_err(failed)?;
            self.observer.on(&Event::Reading { kind: kind.to_owned(), count: ids.len() });
            let read = || async {
                let _permit = self.limits.permit(schema.service(), region).await;
                resource_kind.read(region, &ids, tags).await
            };
            let answers = retrying_read(self.notice(kind), read).await.map_err(failed)?;
            let addresses = members.iter().map(|(address, _)| (*address).clone());
            Ok(addresses.zip(answers).filter_map(|(address, live)| Some((address, live?))).collect::<Vec<_>>())
        });
        let mut live = BTreeMap::new();
        let mut errors = Vec::new();
        for result in join_all(reads).await {
            match result {
                Ok(found) => live.extend(found),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(live) } else { Err(errors) }
    }

    /// Finds every desired resource that is not in `live`, and reads those owned by this deployment. A found resource can resolve
    /// references of others, which are then searched again with the additional inputs.
    pub async fn discover(
        &self,
        graph: &Graph,
        document: &StateDocument,
        mut live: BTreeMap<Address, Live>,
    ) -> Result<Refreshed, Vec<ReadError>> {
        let mut discovered = BTreeMap::new();
        let mut asked: BTreeMap<&Address, Inputs> = BTreeMap::new();
        loop {
            let known = |reference: &ohinfra_core::Reference| {
                live.get(&reference.resource).and_then(|l| l.attributes.get(&reference.attribute)).cloned()
            };
            let missing = graph.resources().filter(|resource| !live.contains_key(&resource.address));
            let questions: Vec<(&Resource, Inputs)> = missing
                .map(|resource| (resource, without_unknowns(&resolve_all(&resource.inputs, &known))))
                .filter(|(resource, inputs)| asked.get(&resource.address) != Some(inputs))
                .collect();
            if questions.is_empty() {
                return Ok(Refreshed { live, discovered });
            }
            let found = self.find_all(document, &questions).await?;
            let mut groups: BTreeMap<(&str, &Region), Vec<(&Address, &String)>> = BTreeMap::new();
            for (resource, discovered) in found.iter().filter(|(_, discovered)| discovered.ours) {
                groups.entry((resource.kind, &resource.region)).or_default().push((&resource.address, &discovered.id));
            }
            let groups: Vec<_> = groups.into_iter().collect();
            let read = self.read_groups(&groups, KnownTags::NONE).await?;
            live.extend(read);
            for (resource, inputs) in questions {
                discovered.remove(&resource.address);
                asked.insert(&resource.address, inputs);
            }
            discovered.extend(found.into_iter().map(|(resource, found)| (resource.address.clone(), found)));
        }
    }

    /// Finds resources by their known inputs, concurrently.
    async fn find_all<'a>(
        &self,
        document: &StateDocument,
        questions: &[(&'a Resource, Inputs)],
    ) -> Result<Vec<(&'a Resource, Discovered)>, Vec<ReadError>> {
        let finds = questions.iter().map(|(resource, inputs)| async move {
            let failed = |error| ReadError { what: resource.address.to_string(), error };
            let (schema, kind) = self.provider.find_kind(resource.kind).map_err(failed)?;
            let subject = subject(document, &resource.address, &resource.region, Vec::new());
            let find = async |inputs: &Inputs| {
                let find = || async {
                    let _permit = self.limits.permit(schema.service(), &resource.region).await;
                    kind.find(&subject, inputs.clone()).await
                };
                retrying_read(self.notice(resource.kind), find).await.map_err(failed)
            };
            // A resource that was imported under another name and retained by a destroy is found under that name.
            let found = match document.kept.get(&resource.address) {
                Some(kept) => match find(&overlay(inputs, kept)).await? {
                    Some(found) => Some(found),
                    None => find(inputs).await?,
                },
                None => find(inputs).await?,
            };
            Ok(found.map(|found| {
                let ours = found.is_owned_by(&subject.ownership);
                (*resource, Discovered { id: found.id, ours, standing: found.standing })
            }))
        });
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        for result in join_all(finds).await {
            match result {
                Ok(one) => found.extend(one),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(found) } else { Err(errors) }
    }
}

/// Creates the subject of calls for an address.
pub fn subject(document: &StateDocument, address: &Address, region: &Region, except: Vec<String>) -> Subject {
    Subject {
        ownership: Ownership { deployment: document.deployment.clone(), address: address.clone() },
        region: region.clone(),
        token: token(document, address, &except),
        attempted: document.pending.get(address).is_some_and(|pending| pending.attempted),
        except,
    }
}
