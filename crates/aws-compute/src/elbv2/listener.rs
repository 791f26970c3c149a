//! Implementation of `elbv2.listener`.

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, Listener as AwsListener, ProtocolEnum,
};
use futures::future::try_join_all;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::elbv2::{Listener, ListenerInputs};

use super::{Clients, tags_of, to_tags, update_tags};

/// `elbv2.listener`
pub struct ListenerKind(pub(crate) Clients);

type Inputs = Resolved<Listener>;

const DESCRIBE: &str = "elasticloadbalancing:DescribeListeners";

fn default_action(inputs: &Inputs) -> Action {
    let response = FixedResponseActionConfig::builder().status_code(&inputs.default_status);
    let response = response.content_type(&inputs.default_content_type).message_body(&inputs.default_body).build();
    Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(response).build()
}

fn inputs_of(listener: &AwsListener) -> Inputs {
    let answer = listener.default_actions().iter().find_map(Action::fixed_response_config);
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    ListenerInputs {
        balancer_arn: text(listener.load_balancer_arn()),
        protocol: text(listener.protocol().map(ProtocolEnum::as_str)),
        port: listener.port().unwrap_or_default(),
        default_status: text(answer.and_then(FixedResponseActionConfig::status_code)),
        default_content_type: text(answer.and_then(FixedResponseActionConfig::content_type)),
        default_body: text(answer.and_then(FixedResponseActionConfig::message_body)),
    }
}

impl ListenerKind {
    async fn read_one(&self, region: &Region, arn: &str) -> Result<Option<Live>, ProviderError> {
        let result = self.0.at(region).describe_listeners().listener_arns(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
        let listener = answer.and_then(|answer| answer.listeners.unwrap_or_default().into_iter().next());
        let Some(listener) = listener else { return Ok(None) };
        let tags = tags_of(&self.0, region, arn).await?;
        Ok(Some(
            Live::new(&inputs_of(&listener), attributes([("id", arn), ("arn", arn)]))
                .without_empty(&["balancer_arn"])
                .tagged(tags),
        ))
    }
}

impl Kind for ListenerKind {
    type Definition = Listener;

    async fn find(&self, subject: &Subject, known: &Known<Listener>) -> Result<Option<Found>, ProviderError> {
        let Some(balancer) = &known.balancer_arn else { return Ok(None) };
        let call = self.0.at(&subject.region).describe_listeners().load_balancer_arn(balancer);
        let listeners = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let listeners = none_if_missing(listeners.map_err(api_error(DESCRIBE)))?.unwrap_or_default();
        let listener = listeners.into_iter().find(|listener| listener.port() == Some(known.port));
        let Some(arn) = listener.and_then(|listener| listener.listener_arn) else { return Ok(None) };
        let tags = tags_of(&self.0, &subject.region, &arn).await?;
        Ok(Some(Found::new(arn, Evidence::Tags(tags))))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|arn| self.read_one(region, arn))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "elasticloadbalancing:CreateListener";
        let call = self.0.at(&subject.region).create_listener().load_balancer_arn(&inputs.balancer_arn);
        let call = call.protocol(ProtocolEnum::from(inputs.protocol.as_str())).port(inputs.port);
        let call = call.default_actions(default_action(inputs)).set_tags(Some(to_tags(tags)));
        let answer = call.send().await.map_err(api_error_eventual(operation))?;
        let arn = answer.listeners.unwrap_or_default().into_iter().next().and_then(|listener| listener.listener_arn);
        let arn = arn.ok_or_else(|| ProviderError::incomplete(operation, "ListenerArn"))?;
        Ok(Created::new(&arn, [("id", &arn), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.at(&subject.region);
        if !update.changed.is_empty() {
            let operation = "elasticloadbalancing:ModifyListener";
            let desired = &update.desired;
            let call = client.modify_listener().listener_arn(arn).port(desired.port);
            let call = call.protocol(ProtocolEnum::from(desired.protocol.as_str()));
            let call = call.default_actions(default_action(desired));
            call.send().await.map_err(api_error(operation))?;
        }
        update_tags(&client, arn, update).await
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.at(region).delete_listener().listener_arn(arn).send().await;
        none_if_missing(result.map_err(api_error("elasticloadbalancing:DeleteListener"))).map(|_| ())
    }
}
