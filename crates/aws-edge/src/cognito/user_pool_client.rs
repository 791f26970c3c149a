//! Implementation of `cognito.user_pool_client`. The client secret is not read here: `secretsmanager.secret` copies it.

use aws_sdk_cognitoidentityprovider::config::Builder;
use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, FeatureType, OAuthFlowType, PreventUserExistenceErrorTypes, RefreshTokenRotationType,
    TimeUnitsType, TokenValidityUnitsType, UserPoolClientType,
};
use ohinfra_aws_core::{OnlyIfRefused, api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::cognito::{UserPoolClient, UserPoolClientLive};

use super::Clients;

/// `cognito.user_pool_client`
pub struct UserPoolClientKind(pub(crate) Clients);

type Inputs = Resolved<UserPoolClient>;

const CREATE: &str = "cognito-idp:CreateUserPoolClient";
const DESCRIBE: &str = "cognito-idp:DescribeUserPoolClient";
const UPDATE: &str = "cognito-idp:UpdateUserPoolClient";
const PAGE: i32 = 60;
/// Default lifetime of access and ID tokens in minutes, which Cognito does not return: one hour.
const TOKEN_MINUTES: i32 = 60;
/// Default lifetime of refresh tokens in minutes: 30 days.
const REFRESH_TOKEN_MINUTES: i32 = 30 * 24 * 60;

fn minutes() -> TokenValidityUnitsType {
    let builder = TokenValidityUnitsType::builder().access_token(TimeUnitsType::Minutes);
    builder.id_token(TimeUnitsType::Minutes).refresh_token(TimeUnitsType::Minutes).build()
}

fn flows(inputs: &Inputs) -> Vec<OAuthFlowType> {
    inputs.oauth_flows.iter().map(|flow| OAuthFlowType::from(flow.as_str())).collect()
}

fn explicit(inputs: &Inputs) -> Vec<ExplicitAuthFlowsType> {
    inputs.explicit_flows.iter().map(|flow| ExplicitAuthFlowsType::from(flow.as_str())).collect()
}

fn existence_errors(inputs: &Inputs) -> PreventUserExistenceErrorTypes {
    let prevent = inputs.prevent_user_existence_errors;
    if prevent { PreventUserExistenceErrorTypes::Enabled } else { PreventUserExistenceErrorTypes::Legacy }
}

/// Converts a token lifetime to minutes. The default unit is hours for access and ID tokens, days for refresh tokens.
fn in_minutes(number: i32, unit: Option<&TimeUnitsType>, default: &TimeUnitsType) -> i32 {
    match unit.unwrap_or(default) {
        TimeUnitsType::Days => number * 24 * 60,
        TimeUnitsType::Hours => number * 60,
        TimeUnitsType::Seconds => number / 60,
        _ => number,
    }
}

/// Converts the live client. Cognito does not return lifetimes and error behaviors that have their default values.
fn live_inputs(client: &UserPoolClientType) -> UserPoolClientLive {
    let units = client.token_validity_units();
    let hours = |number: Option<i32>, unit: Option<&TimeUnitsType>| {
        number.map_or(TOKEN_MINUTES, |number| in_minutes(number, unit, &TimeUnitsType::Hours))
    };
    let refresh_token = match client.refresh_token_validity {
        0 => REFRESH_TOKEN_MINUTES,
        number => in_minutes(number, units.and_then(|units| units.refresh_token()), &TimeUnitsType::Days),
    };
    let prevent = client.prevent_user_existence_errors() == Some(&PreventUserExistenceErrorTypes::Enabled);
    let (oauth_flows, explicit_flows) = (client.allowed_o_auth_flows.as_ref(), client.explicit_auth_flows.as_ref());
    UserPoolClientLive {
        user_pool_id: client.user_pool_id().map(str::to_owned),
        client_name: client.client_name().map(str::to_owned),
        // API_DescribeUserPoolClient: the response has a secret only if the client has one.
        generate_secret: Some(client.client_secret().is_some()),
        callback_urls: client.callback_urls.clone(),
        logout_urls: client.logout_urls.clone(),
        oauth_enabled: client.allowed_o_auth_flows_user_pool_client(),
        oauth_flows: oauth_flows.map(|flows| flows.iter().map(|flow| flow.as_str().to_owned()).collect()),
        oauth_scopes: client.allowed_o_auth_scopes.clone(),
        explicit_flows: explicit_flows.map(|flows| flows.iter().map(|flow| flow.as_str().to_owned()).collect()),
        identity_providers: client.supported_identity_providers.clone(),
        prevent_user_existence_errors: Some(prevent),
        access_token_minutes: Some(hours(client.access_token_validity(), units.and_then(|units| units.access_token()))),
        id_token_minutes: Some(hours(client.id_token_validity(), units.and_then(|units| units.id_token()))),
        refresh_token_minutes: Some(refresh_token),
        token_revocation: client.enable_token_revocation(),
    }
}

impl UserPoolClientKind {
    async fn get(&self, region: &Region, id: &str) -> Result<Option<UserPoolClientType>, ProviderError> {
        let (pool, client) = ProviderError::split_identity(id, "pool:client")?;
        let call = self.0.in_region(region).describe_user_pool_client().user_pool_id(pool).client_id(client);
        let Some(answer) = none_if_missing(call.send().await.map_err(api_error(DESCRIBE)))? else { return Ok(None) };
        let client = answer.user_pool_client.ok_or_else(|| ProviderError::incomplete(DESCRIBE, "UserPoolClient"))?;
        // In an incomplete response, the absence of other members has no meaning.
        if client.client_id.is_none() {
            return Err(ProviderError::incomplete(DESCRIBE, "ClientId"));
        }
        Ok(Some(client))
    }
}

impl Kind for UserPoolClientKind {
    type Definition = UserPoolClient;

    async fn find(&self, subject: &Subject, known: &Known<UserPoolClient>) -> Result<Option<Found>, ProviderError> {
        let Some(pool) = &known.user_pool_id else { return Ok(None) };
        let call = self.0.in_region(&subject.region).list_user_pool_clients().user_pool_id(pool).max_results(PAGE);
        let clients = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let clients =
            none_if_missing(clients.map_err(api_error("cognito-idp:ListUserPoolClients")))?.unwrap_or_default();
        // A client has no tags: one with this name in an owned pool is owned.
        let named = clients.into_iter().filter(|client| client.client_name() == Some(&known.client_name));
        let mut ids = named.filter_map(|client| Some(format!("{pool}:{}", client.client_id?)));
        Ok(ids.find(|id| subject.seeks(id)).map(|id| Found::new(id, Evidence::Ours)))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (_, client_id) = ProviderError::split_identity(id, "pool:client")?;
        let client = self.get(region, id).await?;
        let attributes = attributes([("id", id), ("client_id", client_id)]);
        Ok(client.map(|client| Live::new(&live_inputs(&client), attributes)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let call = self.0.in_region(&subject.region).create_user_pool_client().user_pool_id(&inputs.user_pool_id);
        let call = call.client_name(&inputs.client_name).generate_secret(inputs.generate_secret);
        let call = call.set_callback_urls(Some(inputs.callback_urls.clone()));
        let call = call.set_logout_urls(Some(inputs.logout_urls.clone()));
        let call = call
            .allowed_o_auth_flows_user_pool_client(inputs.oauth_enabled)
            .set_allowed_o_auth_flows(Some(flows(inputs)));
        let call = call.set_allowed_o_auth_scopes(Some(inputs.oauth_scopes.clone()));
        let call = call.set_explicit_auth_flows(Some(explicit(inputs))).token_validity_units(minutes());
        let call = call.set_supported_identity_providers(Some(inputs.identity_providers.clone()));
        let call = call.prevent_user_existence_errors(existence_errors(inputs));
        let call = call.access_token_validity(inputs.access_token_minutes).id_token_validity(inputs.id_token_minutes);
        let call = call.refresh_token_validity(inputs.refresh_token_minutes);
        let call = call.enable_token_revocation(inputs.token_revocation).customize();
        let call = call.config_override(Builder::new().retry_classifier(OnlyIfRefused));
        let client = call.send().await.map_err(api_error_eventual(CREATE))?.user_pool_client.and_then(|c| c.client_id);
        let client = client.ok_or_else(|| ProviderError::incomplete(CREATE, "ClientId"))?;
        let id = format!("{}:{client}", inputs.user_pool_id);
        Ok(Created::new(&id, [("id", &id), ("client_id", &client)]))
    }

    /// Sends all settings, because Cognito resets omitted ones.
    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let (pool, client) = ProviderError::split_identity(id, "pool:client")?;
        let Some(live) = self.get(&subject.region, id).await? else {
            return Err(ProviderError::new(ErrorKind::NotFound, UPDATE, "the client no longer exists"));
        };
        let inputs = &update.desired;
        let call = self.0.in_region(&subject.region).update_user_pool_client().user_pool_id(pool).client_id(client);
        let call = call.client_name(&inputs.client_name).set_callback_urls(Some(inputs.callback_urls.clone()));
        let call = call.set_logout_urls(Some(inputs.logout_urls.clone()));
        let call = call
            .allowed_o_auth_flows_user_pool_client(inputs.oauth_enabled)
            .set_allowed_o_auth_flows(Some(flows(inputs)));
        let call = call.set_allowed_o_auth_scopes(Some(inputs.oauth_scopes.clone()));
        let call = call.set_explicit_auth_flows(Some(explicit(inputs))).token_validity_units(minutes());
        let call = call.set_supported_identity_providers(Some(inputs.identity_providers.clone()));
        let call = call.prevent_user_existence_errors(existence_errors(inputs));
        let call = call.access_token_validity(inputs.access_token_minutes).id_token_validity(inputs.id_token_minutes);
        let call = call.refresh_token_validity(inputs.refresh_token_minutes);
        let call = call.enable_token_revocation(inputs.token_revocation);
        // Cognito resets omitted settings: unmanaged ones are sent unchanged.
        let call = call.set_read_attributes(live.read_attributes).set_write_attributes(live.write_attributes);
        let default = live.default_redirect_uri.filter(|uri| inputs.callback_urls.contains(uri));
        let call = call.set_default_redirect_uri(default);
        let call = call.set_analytics_configuration(live.analytics_configuration);
        let call = call.set_auth_session_validity(live.auth_session_validity);
        let propagates = live.enable_propagate_additional_user_context_data;
        let call = call.set_enable_propagate_additional_user_context_data(propagates);
        // Cognito rejects refresh token rotation together with `ALLOW_REFRESH_TOKEN_AUTH`.
        let is_rotated = |rotation: &RefreshTokenRotationType| rotation.feature == FeatureType::Enabled;
        let is_refused = explicit(inputs).contains(&ExplicitAuthFlowsType::AllowRefreshTokenAuth);
        let rotation = live.refresh_token_rotation.filter(|rotation| !(is_refused && is_rotated(rotation)));
        let call = call.set_refresh_token_rotation(rotation);
        call.send().await.map(|_| ()).map_err(api_error(UPDATE))
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (pool, client) = ProviderError::split_identity(id, "pool:client")?;
        let call = self.0.in_region(region).delete_user_pool_client().user_pool_id(pool).client_id(client);
        none_if_missing(call.send().await.map_err(api_error("cognito-idp:DeleteUserPoolClient"))).map(|_| ())
    }
}
