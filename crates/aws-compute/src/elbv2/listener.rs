//! Implementation of `elbv2.listener`.

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, Listener as AwsListener, ProtocolEnum,
};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::elbv2::{Listener, ListenerLive};

use super::{Clients, remove_tags, set_tags, tags_of, to_tags};

/// `elbv2.listener`
pub struct ListenerKind(pub(crate) Clients);

type Inputs = Resolved<Listener>;

const DESCRIBE: &str = "elasticloadbalancing:DescribeListeners";

fn default_action(inputs: &Inputs) -> Action {
    let response = FixedResponseActionConfig::builder().status_code(&inputs.default_status);
    let response = response.content_type(&inputs.default_content_type).message_body(&inputs.default_body).build();
    Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(response).build()
}

fn live(listener: &AwsListener) -> ListenerLive {
    let actions = listener.default_actions();
    let response = actions.iter().find_map(Action::fixed_response_config);
    // A listener with another default action has no fixed response, which is a difference.
    let part = |text: fn(&FixedResponseActionConfig) -> Option<&str>| {
        (!actions.is_empty()).then(|| response.and_then(text).unwrap_or_default().to_owned())
    };
    ListenerLive {
        balancer_arn: listener.load_balancer_arn().map(str::to_owned),
        protocol: listener.protocol().map(|protocol| protocol.as_str().to_owned()),
        port: listener.port(),
        default_status: part(FixedResponseActionConfig::status_code),
        default_content_type: part(FixedResponseActionConfig::content_type),
        default_body: part(FixedResponseActionConfig::message_body),
    }
}

impl Kind for ListenerKind {
    type Definition = Listener;

    async fn find(&self, subject: &Subject, known: &Known<Listener>) -> Result<Option<Found>, ProviderError> {
        let Some(balancer) = &known.balancer_arn else { return Ok(None) };
        let call = self.0.in_region(&subject.region).describe_listeners().load_balancer_arn(balancer);
        let listeners = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let listeners = none_if_missing(listeners.map_err(api_error(DESCRIBE)))?.unwrap_or_default();
        let listener = listeners.into_iter().find(|listener| listener.port() == Some(known.port));
        let Some(arn) = listener.and_then(|listener| listener.listener_arn) else { return Ok(None) };
        let tags = tags_of(&self.0, &subject.region, &arn, KnownTags::NONE).await?;
        Ok(Some(Found::new(arn, Evidence::Tags(tags))))
    }

    async fn read_one(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let result = self.0.in_region(region).describe_listeners().listener_arns(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
        let listener = answer.and_then(|answer| answer.listeners.unwrap_or_default().into_iter().next());
        let Some(listener) = listener else { return Ok(None) };
        let tags = tags_of(&self.0, region, arn, tags).await?;
        Ok(Some(Live::new(&live(&listener), attributes([("id", arn), ("arn", arn)])).tagged(tags)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "elasticloadbalancing:CreateListener";
        let call = self.0.in_region(&subject.region).create_listener().load_balancer_arn(&inputs.balancer_arn);
        let call = call.protocol(ProtocolEnum::from(inputs.protocol.as_str())).port(inputs.port);
        let call = call.default_actions(default_action(inputs)).set_tags(Some(to_tags(tags)));
        let answer = call.send().await.map_err(api_error_eventual(operation))?;
        let arn = answer.listeners.unwrap_or_default().into_iter().next().and_then(|listener| listener.listener_arn);
        let arn = arn.ok_or_else(|| ProviderError::incomplete(operation, "ListenerArn"))?;
        Ok(Created::new(&arn, [("id", &arn), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if update.changed.is_empty() {
            return Ok(());
        }
        let desired = &update.desired;
        let call = self.0.in_region(&subject.region).modify_listener().listener_arn(arn).port(desired.port);
        let call = call.protocol(ProtocolEnum::from(desired.protocol.as_str()));
        let call = call.default_actions(default_action(desired));
        call.send().await.map(|_| ()).map_err(api_error("elasticloadbalancing:ModifyListener"))
    }

    async fn set_tags(&self, region: &Region, arn: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), arn, tags).await
    }

    async fn remove_tags(&self, region: &Region, arn: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), arn, keys).await
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_listener().listener_arn(arn).send().await;
        none_if_missing(result.map_err(api_error("elasticloadbalancing:DeleteListener"))).map(|_| ())
    }
}
