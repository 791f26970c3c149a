//! Implementation of `wafv2.web_acl`, always with the scope `CLOUDFRONT`, which requires us-east-1.

use aws_sdk_wafv2::types::{Scope, Tag, WebAcl as AwsWebAcl, WebAclSummary};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::wafv2::WebAcl;

use super::Clients;
use super::rules::{default_action, live_inputs, overlaid, visibility};

/// `wafv2.web_acl`
pub struct WebAclKind(pub(crate) Clients);

type Inputs = Resolved<WebAcl>;

fn wrong(operation: &str, error: impl std::fmt::Display) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, operation, error.to_string())
}

fn to_tags(tags: &Tags, operation: &str) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect::<Result<_, _>>().map_err(|error| wrong(operation, error))
}

const GET: &str = "wafv2:GetWebACL";

/// Returns the name and the ID from the ARN of a web ACL: `…:global/webacl/<name>/<id>`.
fn name_and_id(arn: &str) -> Result<(&str, &str), ProviderError> {
    let parts = arn.split_once("/webacl/").and_then(|(_, rest)| rest.split_once('/'));
    parts.ok_or_else(|| wrong(GET, format!("`{arn}` is not the ARN of a web ACL")))
}

impl WebAclKind {
    /// Returns the web ACL and the lock token that a change requires.
    async fn get(&self, region: &Region, arn: &str) -> Result<Option<(AwsWebAcl, Option<String>)>, ProviderError> {
        let (name, id) = name_and_id(arn)?;
        let call = self.0.in_region(region).get_web_acl().scope(Scope::Cloudfront).name(name).id(id);
        let answer = none_if_missing(call.send().await.map_err(api_error(GET)))?;
        Ok(answer.and_then(|answer| Some((answer.web_acl?, answer.lock_token))))
    }

    async fn tags(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Tags, ProviderError> {
        if let Some(tags) = tags.get(region, arn).await {
            return Ok(tags);
        }
        let result = self.0.in_region(region).list_tags_for_resource().resource_arn(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error("wafv2:ListTagsForResource")))?;
        let tags = answer.and_then(|answer| answer.tag_info_for_resource).and_then(|info| info.tag_list);
        Ok(tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    async fn list(&self, region: &Region) -> Result<Vec<WebAclSummary>, ProviderError> {
        let (mut all, mut marker) = (Vec::new(), None);
        loop {
            let call = self.0.in_region(region).list_web_acls().scope(Scope::Cloudfront).limit(100);
            let answer = call.set_next_marker(marker).send().await.map_err(api_error("wafv2:ListWebACLs"))?;
            let page = answer.web_acls.unwrap_or_default();
            marker = answer.next_marker.filter(|marker| !marker.is_empty() && !page.is_empty());
            all.extend(page);
            if marker.is_none() {
                return Ok(all);
            }
        }
    }
}

impl Kind for WebAclKind {
    type Definition = WebAcl;

    async fn find(&self, subject: &Subject, known: &Known<WebAcl>) -> Result<Option<Found>, ProviderError> {
        let acls = self.list(&subject.region).await?;
        let acl = acls.into_iter().find(|acl| acl.name() == Some(&known.acl_name)).and_then(|acl| acl.arn);
        let Some(arn) = acl else { return Ok(None) };
        let tags = self.tags(&subject.region, &arn, KnownTags::NONE).await?;
        Ok(Some(Found::new(arn, Evidence::Tags(tags))))
    }

    async fn read_one(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let Some((acl, _)) = self.get(region, arn).await? else { return Ok(None) };
        let tags = self.tags(region, arn, tags).await?;
        let attributes = attributes([("id", arn), ("arn", arn), ("name", &acl.name)]);
        Ok(Some(Live::new(&live_inputs(&acl), attributes).tagged(tags)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "wafv2:CreateWebACL";
        let rules = overlaid(&[], inputs).map_err(|error| wrong(operation, error))?;
        let visibility = visibility(inputs, None).map_err(|error| wrong(operation, error))?;
        let call = self.0.in_region(&subject.region).create_web_acl().scope(Scope::Cloudfront).name(&inputs.acl_name);
        let call =
            call.description(&inputs.description).default_action(default_action(None, inputs)).set_rules(Some(rules));
        let call = call.visibility_config(visibility).set_tags(Some(to_tags(tags, operation)?));
        let arn = call.send().await.map_err(api_error(operation))?.summary.and_then(|summary| summary.arn);
        let arn = arn.ok_or_else(|| ProviderError::incomplete(operation, "ARN"))?;
        Ok(Created::new(&arn, [("id", &arn), ("arn", &arn), ("name", &inputs.acl_name)]))
    }

    async fn update(&self, subject: &Subject, arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if update.changed.is_empty() {
            return Ok(());
        }
        let operation = "wafv2:UpdateWebACL";
        let (name, id) = name_and_id(arn)?;
        let Some((live, lock)) = self.get(&subject.region, arn).await? else {
            return Err(ProviderError::new(ErrorKind::NotFound, operation, "the web ACL no longer exists"));
        };
        let lock = lock.ok_or_else(|| ProviderError::incomplete(GET, "LockToken"))?;
        let desired = &update.desired;
        let rules = overlaid(live.rules(), desired).map_err(|error| wrong(operation, error))?;
        let visibility = visibility(desired, None).map_err(|error| wrong(operation, error))?;
        let action = default_action(live.default_action(), desired);
        let call = self.0.in_region(&subject.region).update_web_acl().scope(Scope::Cloudfront).name(name).id(id);
        let call = call.lock_token(lock).description(&desired.description).default_action(action);
        let call = call.set_rules(Some(rules)).visibility_config(visibility);
        // An update resets omitted settings: unmanaged ones are sent unchanged.
        let call = call.set_data_protection_config(live.data_protection_config);
        let call = call.set_custom_response_bodies(live.custom_response_bodies);
        let call = call.set_captcha_config(live.captcha_config).set_challenge_config(live.challenge_config);
        let call = call.set_token_domains(live.token_domains).set_association_config(live.association_config);
        let call = call.set_on_source_d_do_s_protection_config(live.on_source_d_do_s_protection_config);
        let call = call.set_application_config(live.application_config);
        let call = call.set_monetization_config(live.monetization_config);
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn set_tags(&self, region: &Region, arn: &str, tags: &Tags) -> Result<(), ProviderError> {
        let operation = "wafv2:TagResource";
        let call = self.0.in_region(region).tag_resource().resource_arn(arn).set_tags(Some(to_tags(tags, operation)?));
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn remove_tags(&self, region: &Region, arn: &str, keys: &[String]) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).untag_resource().resource_arn(arn).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("wafv2:UntagResource"))
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (name, id) = name_and_id(arn)?;
        let Some((_, lock)) = self.get(region, arn).await? else { return Ok(()) };
        let lock = lock.ok_or_else(|| ProviderError::incomplete(GET, "LockToken"))?;
        let call =
            self.0.in_region(region).delete_web_acl().scope(Scope::Cloudfront).name(name).id(id).lock_token(lock);
        none_if_missing(call.send().await.map_err(api_error("wafv2:DeleteWebACL"))).map(|_| ())
    }
}
