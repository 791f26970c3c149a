//! Implementation of `iam.instance_profile`.

use aws_sdk_iam::types::InstanceProfile as Profile;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::iam::{InstanceProfile, InstanceProfileLive};

use super::{Clients, from_tags, to_tags};

/// `iam.instance_profile`
pub struct InstanceProfileKind(pub(crate) Clients);

type Inputs = Resolved<InstanceProfile>;

impl InstanceProfileKind {
    async fn get(&self, region: &Region, name: &str) -> Result<Option<Profile>, ProviderError> {
        let result = self.0.in_region(region).get_instance_profile().instance_profile_name(name).send().await;
        Ok(none_if_missing(result.map_err(api_error("iam:GetInstanceProfile")))?
            .and_then(|answer| answer.instance_profile))
    }

    async fn add_role(&self, region: &Region, name: &str, role: &str) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).add_role_to_instance_profile().instance_profile_name(name).role_name(role);
        match call.send().await.map_err(api_error_eventual("iam:AddRoleToInstanceProfile")) {
            // The limit of one role also applies if an earlier attempt, whose response was lost, has added this role.
            Err(error) if error.kind == ErrorKind::Limit => {
                let profile = self.get(region, name).await?;
                let is_added = profile.is_some_and(|profile| profile.roles.iter().any(|added| added.role_name == role));
                if is_added { Ok(()) } else { Err(error) }
            }
            result => result.map(|_| ()),
        }
    }

    /// Removes all roles. AWS allows one role, so the old one must be removed first.
    async fn remove_roles(&self, region: &Region, name: &str) -> Result<(), ProviderError> {
        let roles = self.get(region, name).await?.map(|profile| profile.roles).unwrap_or_default();
        for role in roles {
            let call = self.0.in_region(region).remove_role_from_instance_profile().instance_profile_name(name);
            let result = call.role_name(&role.role_name).send().await;
            none_if_missing(result.map_err(api_error("iam:RemoveRoleFromInstanceProfile")))?;
        }
        Ok(())
    }
}

impl Kind for InstanceProfileKind {
    type Definition = InstanceProfile;

    async fn find(&self, subject: &Subject, known: &Known<InstanceProfile>) -> Result<Option<Found>, ProviderError> {
        let profile = self.get(&subject.region, &known.profile_name).await?;
        Ok(profile.map(|profile| {
            Found::new(profile.instance_profile_name, Evidence::Tags(from_tags(profile.tags.as_deref())))
        }))
    }

    async fn read_one(&self, region: &Region, name: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        Ok(self.get(region, name).await?.map(|profile| {
            let id = &profile.instance_profile_name;
            // No role means that the role was removed.
            let role_name = profile.roles.first().map(|role| role.role_name.clone()).unwrap_or_default();
            let inputs = InstanceProfileLive { profile_name: Some(id.clone()), role_name: Some(role_name) };
            let live = Live::new(&inputs, attributes([("id", id), ("name", id), ("arn", &profile.arn)]));
            live.tagged(from_tags(profile.tags.as_deref()))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "iam:CreateInstanceProfile";
        let call =
            self.0.in_region(&subject.region).create_instance_profile().instance_profile_name(&inputs.profile_name);
        let answer = call.set_tags(Some(to_tags(tags, operation)?)).send().await.map_err(api_error(operation))?;
        let profile = answer.instance_profile.ok_or_else(|| ProviderError::incomplete(operation, "InstanceProfile"))?;
        let id = &profile.instance_profile_name;
        self.add_role(&subject.region, id, &inputs.role_name).await?;
        Ok(Created::new(id, [("id", id), ("name", id), ("arn", &profile.arn)]))
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if update.changes("role_name") {
            self.remove_roles(&subject.region, name).await?;
            self.add_role(&subject.region, name, &update.desired.role_name).await?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        let operation = "iam:TagInstanceProfile";
        let call = self.0.in_region(region).tag_instance_profile().instance_profile_name(name);
        let call = call.set_tags(Some(to_tags(tags, operation)?));
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).untag_instance_profile().instance_profile_name(name);
        let call = call.set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("iam:UntagInstanceProfile"))
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        self.remove_roles(region, name).await?;
        let result = self.0.in_region(region).delete_instance_profile().instance_profile_name(name).send().await;
        none_if_missing(result.map_err(api_error("iam:DeleteInstanceProfile"))).map(|_| ())
    }
}
