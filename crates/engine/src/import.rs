//! Import: brings an existing resource under management. It keeps its identity, and the next plan shows what would be changed about it.

use std::collections::BTreeMap;

use ohinfra_core::Address;
use ohinfra_core::contract::Live;
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::inputs::{Inputs, imported, resolve_all};
use ohinfra_core::schema::{SHARED, Schema, WRITE_ONLY};
use ohinfra_core::secret::mask;
use ohinfra_plan::Resource;
use ohinfra_plan::difference::own_entries;
use ohinfra_plan::identity::kept;
use ohinfra_state::{ResourceState, Status};
use serde_json::Value;

use crate::Engine;
use crate::session::Session;

impl Engine {
    /// Takes the resource with this identity into the state as `resource`. Nothing is changed in the cloud. `known` is what is
    /// live of the other resources.
    pub async fn import(
        &self,
        session: &Session,
        resource: &Resource,
        id: &str,
        known: &BTreeMap<Address, Live>,
    ) -> Result<Address, ProviderError> {
        let (schema, kind) = self.provider.find_kind(resource.kind)?;
        let ids = [id.to_owned()];
        let answers = kind.read(&resource.region, &ids).await?;
        let live = answers.into_iter().next().flatten().ok_or_else(|| {
            let message = format!("there is no {} `{id}` in {}", resource.kind, resource.region);
            ProviderError::new(ErrorKind::NotFound, "import", message)
        })?;
        let attribute = |reference: &ohinfra_core::Reference| {
            known.get(&reference.resource).and_then(|live| live.attributes.get(&reference.attribute)).cloned()
        };
        let desired = resolve_all(&resource.inputs, &attribute);
        let now = self.clock.now();
        session.writer.change(|document| {
            document.kept.remove(&resource.address);
            document.resources.insert(
                resource.address.clone(),
                ResourceState {
                    kind: resource.kind.to_owned(),
                    region: resource.region.clone(),
                    id: id.to_owned(),
                    inputs: mask(&applied(schema, &desired, &live.inputs), schema, &document.lineage),
                    kept: kept(schema, &desired, &live.inputs),
                    imported: true,
                    attributes: live.attributes,
                    depends_on: resource.needs.keys().cloned().collect(),
                    retain: resource.retain,
                    status: Status::Ready,
                    generation: 0,
                    deposed: Vec::new(),
                    left: Vec::new(),
                    deferred: false,
                    created_at: now,
                    updated_at: now,
                },
            );
        });
        Ok(resource.address.clone())
    }
}

/// What counts as applied: only what is configured, because what AWS fills in by itself was never applied and must not look as if
/// it were taken away. What no read returns counts as applied whatever it is.
fn applied(schema: &Schema, desired: &Inputs, live: &Inputs) -> Inputs {
    let mut applied = Inputs::new();
    for (name, wanted) in desired {
        let value = match live.get(name) {
            _ if schema.behaviour(name).has(WRITE_ONLY) => imported(),
            Some(Value::Object(tags)) if name == "tags" => {
                let ours = tags.iter().filter(|(key, _)| wanted.get(key).is_some());
                Value::Object(ours.map(|(key, value)| (key.clone(), value.clone())).collect())
            }
            Some(value) if schema.behaviour(name).has(SHARED) => own_entries(value, wanted, &Value::Null),
            Some(value) => value.clone(),
            None => continue,
        };
        applied.insert(name.clone(), value);
    }
    applied
}
