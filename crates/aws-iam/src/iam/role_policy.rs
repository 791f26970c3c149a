//! Implementation of `iam.role_policy`. The identity is `role:policy`.

use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::iam::{RolePolicy, RolePolicyLive};

use super::{Clients, decoded};

/// `iam.role_policy`
pub struct RolePolicyKind(pub(crate) Clients);

type Inputs = Resolved<RolePolicy>;

fn id_of(role: &str, policy: &str) -> String {
    format!("{role}:{policy}")
}

impl RolePolicyKind {
    async fn put(&self, region: &Region, inputs: &Inputs) -> Result<(), ProviderError> {
        let call =
            self.0.in_region(region).put_role_policy().role_name(&inputs.role_name).policy_name(&inputs.policy_name);
        let call = call.policy_document(&inputs.document);
        call.send().await.map(|_| ()).map_err(api_error_eventual("iam:PutRolePolicy"))
    }
}

impl Kind for RolePolicyKind {
    type Definition = RolePolicy;

    async fn find(&self, subject: &Subject, known: &Known<RolePolicy>) -> Result<Option<Found>, ProviderError> {
        let Some(role) = &known.role_name else { return Ok(None) };
        let id = id_of(role, &known.policy_name);
        let live = self.read_one(&subject.region, &id, KnownTags::NONE).await?;
        Ok(live.map(|_| Found::new(id, Evidence::Ours)))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (role, policy) = ProviderError::split_identity(id, "role:policy")?;
        let result = self.0.in_region(region).get_role_policy().role_name(role).policy_name(policy).send().await;
        Ok(none_if_missing(result.map_err(api_error("iam:GetRolePolicy")))?.map(|answer| {
            let inputs = RolePolicyLive {
                document: Some(decoded(&answer.policy_document)),
                role_name: Some(answer.role_name),
                policy_name: Some(answer.policy_name),
            };
            Live::new(&inputs, attributes([("id", id)]))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        self.put(&subject.region, inputs).await?;
        let id = id_of(&inputs.role_name, &inputs.policy_name);
        Ok(Created::new(&id, [("id", &id)]))
    }

    async fn update(&self, subject: &Subject, _id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        self.put(&subject.region, &update.desired).await
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (role, policy) = ProviderError::split_identity(id, "role:policy")?;
        let result = self.0.in_region(region).delete_role_policy().role_name(role).policy_name(policy).send().await;
        none_if_missing(result.map_err(api_error("iam:DeleteRolePolicy"))).map(|_| ())
    }
}
