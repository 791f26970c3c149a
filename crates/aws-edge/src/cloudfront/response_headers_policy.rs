//! Implementation of `cloudfront.response_headers_policy`. A policy has no tags: its comment contains the ownership marker.

use aws_sdk_cloudfront::types::{
    ResponseHeadersPolicyAccessControlAllowHeaders, ResponseHeadersPolicyAccessControlAllowMethods,
    ResponseHeadersPolicyAccessControlAllowMethodsValues, ResponseHeadersPolicyAccessControlAllowOrigins,
    ResponseHeadersPolicyAccessControlExposeHeaders, ResponseHeadersPolicyConfig, ResponseHeadersPolicyCorsConfig,
    ResponseHeadersPolicyType,
};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::cloudfront::{ResponseHeadersPolicy, ResponseHeadersPolicyLive};

use super::{Clients, count, wrong};

/// `cloudfront.response_headers_policy`
pub struct ResponseHeadersPolicyKind(pub(crate) Clients);

type Inputs = Resolved<ResponseHeadersPolicy>;

/// Returns the live configuration with the inputs set. Members without an input keep their values.
fn overlaid(
    live: Option<ResponseHeadersPolicyConfig>,
    inputs: &Inputs,
) -> Result<ResponseHeadersPolicyConfig, aws_sdk_cloudfront::error::BuildError> {
    let mut config = match live {
        Some(live) => live,
        None => ResponseHeadersPolicyConfig::builder().name(&inputs.policy_name).build()?,
    };
    let cors = cors(config.cors_config.take(), inputs)?;
    config.name.clone_from(&inputs.policy_name);
    config.comment = Some(inputs.comment.clone());
    config.cors_config = Some(cors);
    Ok(config)
}

fn cors(
    live: Option<ResponseHeadersPolicyCorsConfig>,
    inputs: &Inputs,
) -> Result<ResponseHeadersPolicyCorsConfig, aws_sdk_cloudfront::error::BuildError> {
    let origins = ResponseHeadersPolicyAccessControlAllowOrigins::builder().quantity(count(&inputs.origins));
    let headers = ResponseHeadersPolicyAccessControlAllowHeaders::builder().quantity(count(&inputs.request_headers));
    let exposed = ResponseHeadersPolicyAccessControlExposeHeaders::builder().quantity(count(&inputs.exposed_headers));
    let methods = inputs.methods.iter().map(|name| name.as_str().into());
    let methods: Vec<ResponseHeadersPolicyAccessControlAllowMethodsValues> = methods.collect();
    let allowed = ResponseHeadersPolicyAccessControlAllowMethods::builder().quantity(count(&inputs.methods));
    let new = ResponseHeadersPolicyCorsConfig::builder()
        .access_control_allow_origins(origins.set_items(Some(inputs.origins.clone())).build()?)
        .access_control_allow_headers(headers.set_items(Some(inputs.request_headers.clone())).build()?)
        .access_control_allow_methods(allowed.set_items(Some(methods)).build()?)
        .access_control_expose_headers(exposed.set_items(Some(inputs.exposed_headers.clone())).build()?)
        .access_control_allow_credentials(inputs.allow_credentials)
        .access_control_max_age_sec(inputs.max_age_seconds)
        .origin_override(inputs.override_origin)
        .build()?;
    let Some(mut cors) = live else { return Ok(new) };
    cors.access_control_allow_origins = new.access_control_allow_origins;
    cors.access_control_allow_headers = new.access_control_allow_headers;
    cors.access_control_allow_methods = new.access_control_allow_methods;
    cors.access_control_expose_headers = new.access_control_expose_headers;
    cors.access_control_allow_credentials = new.access_control_allow_credentials;
    cors.access_control_max_age_sec = new.access_control_max_age_sec;
    cors.origin_override = new.origin_override;
    Ok(cors)
}

fn live_inputs(config: &ResponseHeadersPolicyConfig) -> ResponseHeadersPolicyLive {
    let cors = config.cors_config();
    let methods = cors.and_then(|cors| cors.access_control_allow_methods()).map(|methods| methods.items.clone());
    let list = |items: Option<Vec<String>>| Some(items.unwrap_or_default());
    ResponseHeadersPolicyLive {
        policy_name: Some(config.name.clone()),
        comment: Some(config.comment().unwrap_or_default().to_owned()),
        allow_credentials: cors.map(|cors| cors.access_control_allow_credentials),
        origins: list(cors.and_then(|cors| cors.access_control_allow_origins()).map(|list| list.items.clone())),
        methods: Some(methods.unwrap_or_default().iter().map(|method| method.as_str().to_owned()).collect()),
        request_headers: list(cors.and_then(|cors| cors.access_control_allow_headers()).map(|list| list.items.clone())),
        exposed_headers: list(cors.and_then(|c| c.access_control_expose_headers()).and_then(|list| list.items.clone())),
        max_age_seconds: cors.and_then(|cors| cors.access_control_max_age_sec),
        override_origin: cors.map(|cors| cors.origin_override),
    }
}

impl ResponseHeadersPolicyKind {
    /// Returns the policy and its version.
    async fn get(
        &self,
        region: &Region,
        id: &str,
    ) -> Result<Option<(ResponseHeadersPolicyConfig, Option<String>)>, ProviderError> {
        let result = self.0.in_region(region).get_response_headers_policy_config().id(id).send().await;
        let answer = none_if_missing(result.map_err(api_error("cloudfront:GetResponseHeadersPolicyConfig")))?;
        Ok(answer.and_then(|answer| Some((answer.response_headers_policy_config?, answer.e_tag))))
    }
}

impl Kind for ResponseHeadersPolicyKind {
    type Definition = ResponseHeadersPolicy;

    async fn find(
        &self,
        subject: &Subject,
        known: &Known<ResponseHeadersPolicy>,
    ) -> Result<Option<Found>, ProviderError> {
        let mut marker = None;
        loop {
            let call = self.0.in_region(&subject.region).list_response_headers_policies();
            let call = call.r#type(ResponseHeadersPolicyType::Custom).set_marker(marker).send();
            let answer = call.await.map_err(api_error("cloudfront:ListResponseHeadersPolicies"))?;
            let Some(list) = answer.response_headers_policy_list else { return Ok(None) };
            for policy in list.items().iter().filter_map(|item| item.response_headers_policy()) {
                let config = policy.response_headers_policy_config();
                let Some(config) = config.filter(|config| config.name == known.policy_name) else { continue };
                let ours = config.comment().is_some_and(|text| text.contains(&subject.ownership.marker()));
                let evidence = if ours { Evidence::Ours } else { Evidence::NotOurs };
                return Ok(Some(Found::new(&policy.id, evidence)));
            }
            marker = list.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(None);
            }
        }
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let policy = self.get(region, id).await?;
        Ok(policy.map(|(config, _)| Live::new(&live_inputs(&config), attributes([("id", id), ("name", &config.name)]))))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "cloudfront:CreateResponseHeadersPolicy";
        let config = overlaid(None, inputs).map_err(|error| wrong(operation, error))?;
        let call =
            self.0.in_region(&subject.region).create_response_headers_policy().response_headers_policy_config(config);
        let policy = call.send().await.map_err(api_error(operation))?.response_headers_policy;
        let policy = policy.ok_or_else(|| ProviderError::incomplete(operation, "ResponseHeadersPolicy"))?;
        Ok(Created::new(&policy.id, [("id", &policy.id), ("name", &inputs.policy_name)]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let operation = "cloudfront:UpdateResponseHeadersPolicy";
        let Some((config, version)) = self.get(&subject.region, id).await? else {
            return Err(ProviderError::new(ErrorKind::NotFound, operation, "the policy no longer exists"));
        };
        let config = overlaid(Some(config), &update.desired).map_err(|error| wrong(operation, error))?;
        let call = self.0.in_region(&subject.region).update_response_headers_policy().id(id).set_if_match(version);
        call.response_headers_policy_config(config).send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let Some((_, version)) = self.get(region, id).await? else { return Ok(()) };
        let call = self.0.in_region(region).delete_response_headers_policy().id(id).set_if_match(version);
        none_if_missing(call.send().await.map_err(api_error("cloudfront:DeleteResponseHeadersPolicy"))).map(|_| ())
    }
}
