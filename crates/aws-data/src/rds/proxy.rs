//! Implementation of `rds.proxy`.

use aws_sdk_rds::types::{AuthScheme, DbProxy, DbProxyStatus, EngineFamily, IamAuthMode, SourceType, UserAuthConfig};
use futures::future::try_join_all;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::rds::{Proxy, ProxyInputs};

use super::{Clients, status, tags_of, to_tags, update_tags};

/// `rds.proxy`
pub struct ProxyKind(pub(crate) Clients);

type Inputs = Resolved<Proxy>;

/// Returns the users. The settings of a live user with the same secret that are not inputs stay.
fn users(inputs: &Inputs, live: Option<&DbProxy>) -> Vec<UserAuthConfig> {
    let iam = if inputs.iam_authentication { IamAuthMode::Required } else { IamAuthMode::Disabled };
    let live = live.map(DbProxy::auth).unwrap_or_default();
    let user = |arn: &String| {
        let live = live.iter().find(|user| user.secret_arn() == Some(arn));
        UserAuthConfig::builder()
            .set_description(live.and_then(|user| user.description.clone()))
            .set_user_name(live.and_then(|user| user.user_name.clone()))
            .set_client_password_auth_type(live.and_then(|user| user.client_password_auth_type.clone()))
            .auth_scheme(AuthScheme::Secrets)
            .secret_arn(arn)
            .iam_auth(iam.clone())
            .build()
    };
    inputs.secret_arns.iter().map(user).collect()
}

impl ProxyKind {
    async fn describe_any(&self, region: &Region, name: &str) -> Result<Option<DbProxy>, ProviderError> {
        let result = self.0.at(region).describe_db_proxies().db_proxy_name(name).send().await;
        let answer = none_if_missing(result.map_err(api_error("rds:DescribeDBProxies")))?;
        Ok(answer.and_then(|answer| answer.db_proxies.unwrap_or_default().into_iter().next()))
    }

    /// Returns the proxy, unless it is being deleted.
    async fn describe(&self, region: &Region, name: &str) -> Result<Option<DbProxy>, ProviderError> {
        Ok(self.describe_any(region, name).await?.filter(|proxy| proxy.status() != Some(&DbProxyStatus::Deleting)))
    }

    async fn read_one(&self, region: &Region, name: &str) -> Result<Option<Live>, ProviderError> {
        let Some(proxy) = self.describe(region, name).await? else { return Ok(None) };
        let arn = proxy.db_proxy_arn().unwrap_or_default();
        let tags = tags_of(&self.0, region, arn).await?;
        let inputs = ProxyInputs {
            proxy_name: name.to_owned(),
            engine_family: proxy.engine_family().unwrap_or_default().to_owned(),
            require_tls: proxy.require_tls().unwrap_or_default(),
            iam_authentication: proxy.auth().iter().any(|user| user.iam_auth() == Some(&IamAuthMode::Required)),
            secret_arns: proxy.auth().iter().filter_map(|user| user.secret_arn.clone()).collect(),
            idle_client_timeout_seconds: proxy.idle_client_timeout().unwrap_or_default(),
            role_arn: proxy.role_arn().unwrap_or_default().to_owned(),
            subnet_ids: proxy.vpc_subnet_ids().to_vec(),
            security_group_ids: proxy.vpc_security_group_ids().to_vec(),
        };
        let endpoint = proxy.endpoint().unwrap_or_default();
        let attributes = attributes([("id", name), ("name", name), ("arn", arn), ("endpoint", endpoint)]);
        Ok(Some(Live::new(&inputs, attributes).without_empty(&["engine_family"]).tagged(tags)))
    }
}

impl Kind for ProxyKind {
    type Definition = Proxy;

    async fn find(&self, subject: &Subject, known: &Known<Proxy>) -> Result<Option<Found>, ProviderError> {
        let Some(proxy) = self.describe(&subject.region, &known.proxy_name).await? else { return Ok(None) };
        let tags = tags_of(&self.0, &subject.region, proxy.db_proxy_arn().unwrap_or_default()).await?;
        Ok(Some(Found::new(&known.proxy_name, Evidence::Tags(tags))))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|name| self.read_one(region, name))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "rds:CreateDBProxy";
        let name = &inputs.proxy_name;
        if self.describe_any(&subject.region, name).await?.is_some_and(|p| p.status() == Some(&DbProxyStatus::Deleting))
        {
            let message = "a proxy with this name is being deleted";
            return Err(ProviderError::new(ErrorKind::Dependency, operation, message));
        }
        let call = self.0.at(&subject.region).create_db_proxy().db_proxy_name(name);
        let call = call.engine_family(EngineFamily::from(inputs.engine_family.as_str()));
        let call = call.set_auth(Some(users(inputs, None))).role_arn(&inputs.role_arn).require_tls(inputs.require_tls);
        let call = call.set_vpc_subnet_ids(Some(inputs.subnet_ids.clone()));
        let call = call.set_vpc_security_group_ids(Some(inputs.security_group_ids.clone()));
        let call = call.idle_client_timeout(inputs.idle_client_timeout_seconds).set_tags(Some(to_tags(tags)));
        let proxy = call.send().await.map_err(api_error_eventual(operation))?.db_proxy;
        let proxy = proxy.ok_or_else(|| ProviderError::incomplete(operation, "DBProxy"))?;
        let endpoint = proxy.endpoint.ok_or_else(|| ProviderError::incomplete(operation, "Endpoint"))?;
        let arn = proxy.db_proxy_arn.unwrap_or_default();
        Ok(Created::new(name, [("name", name), ("arn", &arn), ("endpoint", &endpoint)]))
    }

    async fn ready(&self, region: &Region, name: &str) -> Result<Readiness, ProviderError> {
        let proxy = self.describe(region, name).await?;
        let status = proxy.as_ref().and_then(DbProxy::status).map(DbProxyStatus::as_str);
        let reason = status::last_event(&self.0, region, SourceType::DbProxy, name);
        status::readiness("rds:DescribeDBProxies", status, reason).await
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.at(&subject.region);
        let desired = &update.desired;
        // The ARN contains an ID generated by AWS.
        let proxy = self.describe(&subject.region, name).await?;
        if !update.changed.is_empty() {
            let users = users(desired, proxy.as_ref());
            let call = client.modify_db_proxy().db_proxy_name(name).set_auth(Some(users));
            let call = call.role_arn(&desired.role_arn).require_tls(desired.require_tls);
            let call = call.idle_client_timeout(desired.idle_client_timeout_seconds);
            let call = call.set_security_groups(Some(desired.security_group_ids.clone()));
            call.send().await.map_err(api_error("rds:ModifyDBProxy"))?;
        }
        update_tags(&client, &proxy.and_then(|proxy| proxy.db_proxy_arn).unwrap_or_default(), update).await
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        if self.describe(region, name).await?.is_none() {
            return Ok(());
        }
        let result = self.0.at(region).delete_db_proxy().db_proxy_name(name).send().await;
        none_if_missing(result.map_err(api_error("rds:DeleteDBProxy"))).map(|_| ())
    }

    async fn gone(&self, region: &Region, name: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.describe_any(region, name).await? {
            Some(proxy) => Readiness::Waiting(proxy.status().map_or("deleting", DbProxyStatus::as_str).to_owned()),
            None => Readiness::Ready,
        })
    }
}
