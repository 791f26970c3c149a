//! Import: takes an existing resource into the state, so that the next plan shows what would be changed about it.

use ohinfra_core::Address;
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::secret::mask;
use ohinfra_plan::Resource;
use ohinfra_state::{ResourceState, Status};

use crate::Engine;
use crate::session::Session;

impl Engine {
    /// Takes the resource with this identity over as `resource`. Nothing is changed in the cloud.
    pub async fn import(&self, session: &Session, resource: &Resource, id: &str) -> Result<Address, ProviderError> {
        let (schema, kind) = self.provider.find_kind(resource.kind)?;
        let ids = [id.to_owned()];
        let answers = kind.read(&resource.region, &ids).await?;
        let live = answers.into_iter().next().flatten().ok_or_else(|| {
            let message = format!("there is no {} `{id}` in {}", resource.kind, resource.region);
            ProviderError::new(ErrorKind::NotFound, "import", message)
        })?;
        let now = self.clock.now();
        session.writer.change(|document| {
            // Only what is configured: what AWS fills in by itself was never applied, and must not look as if it were taken away.
            let configured = live.inputs.iter().filter(|(field, _)| resource.inputs.contains_key(*field));
            let configured = configured.map(|(field, value)| (field.clone(), value.clone())).collect();
            let inputs = mask(&configured, schema, &document.lineage);
            document.resources.insert(
                resource.address.clone(),
                ResourceState {
                    kind: resource.kind.to_owned(),
                    region: resource.region.clone(),
                    id: id.to_owned(),
                    inputs,
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
