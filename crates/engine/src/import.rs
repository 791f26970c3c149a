//! Import: brings an existing resource under management. The resource keeps its identity, and the next plan shows its
//! differences from the configuration.

use std::collections::BTreeMap;

use ohinfra_core::Address;
use ohinfra_core::contract::Live;
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::inputs::{Inputs, imported, resolve_all};
use ohinfra_core::schema::{SHARED, Schema, WRITE_ONLY};
use ohinfra_core::secret::mask;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_plan::Resource;
use ohinfra_plan::difference::own_entries;
use ohinfra_plan::identity::kept;
use ohinfra_state::{Applied, Predecessor, Transition};
use serde_json::Value;

use crate::Engine;
use crate::session::Session;

impl Engine {
    /// Records the resource with identity `id` in the state as `resource`. Changes nothing in the cloud. `known` contains the
    /// other live resources, used to resolve references.
    pub async fn import(
        &self,
        session: &Session,
        resource: &Resource,
        id: &str,
        known: &BTreeMap<Address, Live>,
    ) -> Result<Address, ProviderError> {
        let (schema, kind) = self.provider.find_kind(resource.kind)?;
        let ids = [id.to_owned()];
        let answers = kind.read(&resource.region, &ids, KnownTags::NONE).await?;
        let live = answers.into_iter().next().flatten().ok_or_else(|| {
            let message = format!("{} `{id}` does not exist in {}", resource.kind, resource.region);
            ProviderError::new(ErrorKind::NotFound, "import", message)
        })?;
        let attribute = |reference: &ohinfra_core::Reference| {
            known.get(&reference.resource).and_then(|live| live.attributes.get(&reference.attribute)).cloned()
        };
        let desired = resolve_all(&resource.inputs, &attribute);
        let now = self.clock.now();
        let lineage = session.writer.with(|document| document.lineage.clone());
        let record = Applied {
            kind: resource.kind.to_owned(),
            region: resource.region.clone(),
            id: id.to_owned(),
            inputs: mask(&applied(schema, &desired, &live.inputs), schema, &lineage),
            kept: kept(schema, &desired, &live.inputs),
            imported: true,
            attributes: live.attributes,
            depends_on: resource.needs.keys().cloned().collect(),
            retain: resource.retain,
            leftovers: Vec::new(),
            predecessor: Predecessor::None,
        };
        let transition = Transition::Ready(Box::new(record));
        session.writer.change(|document| document.transition(&resource.address, transition, now));
        Ok(resource.address.clone())
    }
}

/// Returns the inputs that count as applied: the live values of the configured inputs only, because defaults set by AWS were
/// never applied and must not be planned for removal. Inputs that cannot be read back are recorded as [`imported`].
fn applied(schema: &Schema, desired: &Inputs, live: &Inputs) -> Inputs {
    let mut applied = Inputs::new();
    for (name, wanted) in desired {
        let value = match live.get(name) {
            _ if schema.traits(name).has(WRITE_ONLY) => imported(),
            Some(Value::Object(tags)) if name == "tags" => {
                let ours = tags.iter().filter(|(key, _)| wanted.get(key).is_some());
                Value::Object(ours.map(|(key, value)| (key.clone(), value.clone())).collect())
            }
            Some(value) if schema.traits(name).has(SHARED) => own_entries(value, wanted, &Value::Null),
            Some(value) => value.clone(),
            None => continue,
        };
        applied.insert(name.clone(), value);
    }
    applied
}
