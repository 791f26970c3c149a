//! Implementation of `iam.role`.

use aws_sdk_iam::types::Role as AwsRole;
use futures::future::{try_join, try_join_all, try_join3};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::iam::{Role, RoleLive};

use super::{Clients, decoded, from_tags, to_tags};

/// `iam.role`
pub struct RoleKind(pub(crate) Clients);

type Inputs = Resolved<Role>;

const GET: &str = "iam:GetRole";

impl RoleKind {
    async fn get(&self, region: &Region, name: &str) -> Result<Option<AwsRole>, ProviderError> {
        let result = self.0.in_region(region).get_role().role_name(name).send().await.map_err(api_error(GET));
        Ok(none_if_missing(result)?.and_then(|answer| answer.role))
    }

    /// Returns the current maximum duration of a session.
    async fn session_seconds(&self, region: &Region, name: &str) -> Result<i32, ProviderError> {
        let missing = || ProviderError::new(ErrorKind::NotFound, GET, "the role no longer exists");
        let role = self.get(region, name).await?.ok_or_else(missing)?;
        role.max_session_duration.ok_or_else(|| ProviderError::incomplete(GET, "MaxSessionDuration"))
    }

    async fn attached(&self, region: &Region, name: &str) -> Result<Vec<String>, ProviderError> {
        let call = self.0.in_region(region).list_attached_role_policies().role_name(name);
        let policies = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let policies =
            none_if_missing(policies.map_err(api_error("iam:ListAttachedRolePolicies")))?.unwrap_or_default();
        Ok(policies.into_iter().filter_map(|policy| policy.policy_arn).collect())
    }

    async fn attach(&self, region: &Region, name: &str, arn: &str) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).attach_role_policy().role_name(name).policy_arn(arn);
        // A role that was just created may not be visible to the next call.
        call.send().await.map(|_| ()).map_err(api_error_eventual("iam:AttachRolePolicy"))
    }

    async fn detach(&self, region: &Region, name: &str, arn: &str) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).detach_role_policy().role_name(name).policy_arn(arn);
        none_if_missing(call.send().await.map_err(api_error("iam:DetachRolePolicy"))).map(|_| ())
    }

    /// Attaches missing policies and detaches all others.
    async fn set_attached(&self, region: &Region, name: &str, desired: &[String]) -> Result<(), ProviderError> {
        let attached = self.attached(region, name).await?;
        let missing = desired.iter().filter(|arn| !attached.contains(arn));
        try_join_all(missing.map(|arn| self.attach(region, name, arn))).await?;
        let surplus = attached.iter().filter(|arn| !desired.contains(arn));
        try_join_all(surplus.map(|arn| self.detach(region, name, arn))).await?;
        Ok(())
    }

    /// Removes everything that blocks the deletion of a role, including additions made outside ohinfra, which cannot outlive the
    /// role.
    async fn empty(&self, region: &Region, name: &str) -> Result<(), ProviderError> {
        let client = self.0.in_region(region);
        let inline = async {
            let call = client.list_role_policies().role_name(name).into_paginator().items();
            let names = call.send().collect::<Result<Vec<_>, _>>().await.map_err(api_error("iam:ListRolePolicies"));
            Ok(none_if_missing(names)?.unwrap_or_default())
        };
        let profiles = async {
            let call = client.list_instance_profiles_for_role().role_name(name).into_paginator().items();
            let profiles =
                call.send().collect::<Result<Vec<_>, _>>().await.map_err(api_error("iam:ListInstanceProfilesForRole"));
            Ok(none_if_missing(profiles)?.unwrap_or_default())
        };
        let (attached, inline, profiles) = try_join3(self.attached(region, name), inline, profiles).await?;
        try_join_all(attached.iter().map(|arn| self.detach(region, name, arn))).await?;
        let client = &client;
        try_join_all(inline.iter().map(|policy| async move {
            let call = client.delete_role_policy().role_name(name).policy_name(policy);
            none_if_missing(call.send().await.map_err(api_error("iam:DeleteRolePolicy")))
        }))
        .await?;
        try_join_all(profiles.iter().map(|profile| async move {
            let call = client.remove_role_from_instance_profile().role_name(name);
            let call = call.instance_profile_name(&profile.instance_profile_name);
            none_if_missing(call.send().await.map_err(api_error("iam:RemoveRoleFromInstanceProfile")))
        }))
        .await?;
        Ok(())
    }
}

impl Kind for RoleKind {
    type Definition = Role;

    async fn find(&self, subject: &Subject, known: &Known<Role>) -> Result<Option<Found>, ProviderError> {
        let role = self.get(&subject.region, &known.role_name).await?;
        Ok(role.map(|role| Found::new(role.role_name, Evidence::Tags(from_tags(role.tags.as_deref())))))
    }

    async fn read_one(&self, region: &Region, name: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (role, attached) = try_join(self.get(region, name), self.attached(region, name)).await?;
        Ok(role.map(|role| {
            let inputs = RoleLive {
                role_name: Some(role.role_name.clone()),
                description: Some(role.description.unwrap_or_default()),
                assume_role_policy: role.assume_role_policy_document.as_deref().map(decoded),
                managed_policy_arns: Some(attached),
                max_session_seconds: role.max_session_duration,
            };
            let live = Live::new(
                &inputs,
                attributes([("id", &role.role_name), ("name", &role.role_name), ("arn", &role.arn)]),
            );
            live.tagged(from_tags(role.tags.as_deref()))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "iam:CreateRole";
        let answer = self
            .0
            .in_region(&subject.region)
            .create_role()
            .role_name(&inputs.role_name)
            .description(&inputs.description)
            .assume_role_policy_document(&inputs.assume_role_policy)
            .set_max_session_duration(inputs.max_session_seconds)
            .set_tags(Some(to_tags(tags, operation)?))
            .send()
            .await
            .map_err(api_error(operation))?;
        let role = answer.role.ok_or_else(|| ProviderError::incomplete(operation, "Role"))?;
        let attach = inputs.managed_policy_arns.iter().map(|arn| self.attach(&subject.region, &role.role_name, arn));
        try_join_all(attach).await?;
        Ok(Created::new(&role.role_name, [("id", &role.role_name), ("name", &role.role_name), ("arn", &role.arn)]))
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.in_region(&subject.region);
        let desired = &update.desired;
        if update.changes("assume_role_policy") {
            let call = client.update_assume_role_policy().role_name(name).policy_document(&desired.assume_role_policy);
            call.send().await.map_err(api_error("iam:UpdateAssumeRolePolicy"))?;
        }
        if update.changes("description") || update.changes("max_session_seconds") {
            // UpdateRole resets an omitted duration to one hour; an unconfigured duration must not change.
            let seconds = match desired.max_session_seconds {
                Some(seconds) => seconds,
                None => self.session_seconds(&subject.region, name).await?,
            };
            let call = client.update_role().role_name(name).description(&desired.description);
            call.max_session_duration(seconds).send().await.map_err(api_error("iam:UpdateRole"))?;
        }
        if update.changes("managed_policy_arns") {
            self.set_attached(&subject.region, name, &desired.managed_policy_arns).await?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        let operation = "iam:TagRole";
        let call = self.0.in_region(region).tag_role().role_name(name).set_tags(Some(to_tags(tags, operation)?));
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).untag_role().role_name(name).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("iam:UntagRole"))
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        self.empty(region, name).await?;
        let result =
            self.0.in_region(region).delete_role().role_name(name).send().await.map_err(api_error("iam:DeleteRole"));
        none_if_missing(result).map(|_| ())
    }
}
