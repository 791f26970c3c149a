//! Implementation of `ssm.parameter`. An encrypted value is written and never read back.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::{Parameter as AwsParameter, ParameterType, ResourceTypeForTagging};
use futures::future::{try_join, try_join_all};
use ohinfra_aws_core::{SecretText, Secrets, api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes, in_order,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ssm::{Parameter, ParameterLive};

use super::{Clients, from_tags, to_tags};

/// `ssm.parameter`
pub struct ParameterKind(pub(crate) Clients);

type Inputs = Resolved<Parameter>;

/// Maximum number of names per `GetParameters` call (AWS limit).
const MAX_NAMES: usize = 10;

impl ParameterKind {
    /// Returns parameters; encrypted values are not decrypted.
    async fn get(&self, region: &Region, names: &[String]) -> Result<Vec<AwsParameter>, ProviderError> {
        let call = self.0.in_region(region).get_parameters().set_names(Some(names.to_vec())).with_decryption(false);
        let answer = call.send().await.map_err(api_error("ssm:GetParameters"))?;
        Ok(answer.parameters.unwrap_or_default())
    }

    async fn tags(&self, region: &Region, name: &str, known: KnownTags<'_>) -> Result<Option<Tags>, ProviderError> {
        if let Some(tags) = known.get(region, &self.arn(region, name).await?).await {
            return Ok(Some(tags));
        }
        let call = self.0.in_region(region).list_tags_for_resource().resource_type(ResourceTypeForTagging::Parameter);
        let result = call.resource_id(name).send().await.map_err(api_error("ssm:ListTagsForResource"));
        match result {
            // Parameter Store reports "not found" with this code.
            Err(error) if error.code.as_deref() == Some("InvalidResourceId") => Ok(None),
            result => Ok(none_if_missing(result)?.map(|answer| from_tags(answer.tag_list()))),
        }
    }

    async fn arn(&self, region: &Region, name: &str) -> Result<String, ProviderError> {
        let caller = self.0.connection().caller().details().await?;
        let name = name.strip_prefix('/').unwrap_or(name);
        Ok(format!("arn:{}:ssm:{region}:{}:parameter/{name}", caller.partition(), caller.account))
    }

    async fn put(&self, region: &Region, inputs: &Inputs, tags: Option<&Tags>) -> Result<(), ProviderError> {
        let operation = "ssm:PutParameter";
        let secret = match &inputs.secret_arn {
            Some(arn) => Some(Secrets::new(self.0.connection()).text(arn).await?),
            None => None,
        };
        let value = secret.as_ref().map(SecretText::expose).or(inputs.value.as_deref()).unwrap_or_default();
        let call =
            self.0.in_region(region).put_parameter().name(&inputs.parameter_name).description(&inputs.description);
        let call = call.r#type(ParameterType::from(inputs.parameter_type.as_str())).value(value);
        // AWS accepts tags only at creation, not with `overwrite`.
        let call = match tags {
            Some(tags) => call.overwrite(false).set_tags(Some(to_tags(tags, operation)?)),
            None => call.overwrite(true),
        };
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }
}

impl Kind for ParameterKind {
    type Definition = Parameter;

    async fn find(&self, subject: &Subject, known: &Known<Parameter>) -> Result<Option<Found>, ProviderError> {
        let tags = self.tags(&subject.region, &known.parameter_name, KnownTags::NONE).await?;
        Ok(tags.map(|tags| Found::new(&known.parameter_name, Evidence::Tags(tags))))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        let mut found = BTreeMap::new();
        for names in ids.chunks(MAX_NAMES) {
            let tags = try_join_all(names.iter().map(|name| self.tags(region, name, tags)));
            let (known, tags) = try_join(self.get(region, names), tags).await?;
            for parameter in known {
                let Some(name) = parameter.name.clone() else { continue };
                let position = names.iter().position(|other| *other == name);
                let Some(tags) = position.and_then(|n| tags.get(n).cloned().flatten()) else { continue };
                let kind = parameter.r#type;
                let is_plain = kind.as_ref().is_some_and(|kind| *kind != ParameterType::SecureString);
                let inputs = ParameterLive {
                    parameter_name: Some(name.clone()),
                    parameter_type: kind.map(|kind| kind.as_str().to_owned()),
                    value: parameter.value.filter(|_| is_plain),
                    ..ParameterLive::default()
                };
                let arn = self.arn(region, &name).await?;
                let live = Live::new(&inputs, attributes([("id", &name), ("name", &name), ("arn", &arn)]));
                found.insert(name, live.tagged(tags));
            }
        }
        Ok(in_order(ids, found))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        self.put(&subject.region, inputs, Some(tags)).await?;
        let name = &inputs.parameter_name;
        let arn = self.arn(&subject.region, name).await?;
        Ok(Created::new(name, [("id", name), ("name", name), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, _name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if update.changed.is_empty() {
            return Ok(());
        }
        self.put(&subject.region, &update.desired, None).await
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        let operation = "ssm:AddTagsToResource";
        let call = self.0.in_region(region).add_tags_to_resource().resource_type(ResourceTypeForTagging::Parameter);
        let call = call.resource_id(name).set_tags(Some(to_tags(tags, operation)?));
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).remove_tags_from_resource();
        let call = call.resource_type(ResourceTypeForTagging::Parameter).resource_id(name);
        let call = call.set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("ssm:RemoveTagsFromResource"))
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_parameter().name(name).send().await;
        none_if_missing(result.map_err(api_error("ssm:DeleteParameter"))).map(|_| ())
    }
}
