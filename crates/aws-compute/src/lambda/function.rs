//! How AWS does `lambda.function`. The code is rendered when it is uploaded, with the secrets that it needs, and kept nowhere.

use std::sync::Arc;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Architecture, Environment, FunctionCode, LastUpdateStatus, Runtime, State};
use futures::future::try_join_all;
use ohinfra_aws_core::{Secrets, failed, is_missing, referring};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::package::Packages;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::lambda::Function;
use serde_json::json;

use super::Clients;

/// `lambda.function`
pub struct FunctionKind {
    pub(crate) clients: Clients,
    pub(crate) packages: Arc<dyn Packages>,
}

type Inputs = Resolved<Function>;

const CREATE: &str = "lambda:CreateFunction";
const GET: &str = "lambda:GetFunction";
/// What of the code the tool itself decides.
const CODE: &[&str] = &["package", "parameters", "secret_parameters", "secret_versions", "digest", "architecture"];

fn environment(inputs: &Inputs) -> Environment {
    let variables = inputs.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    Environment::builder().set_variables(Some(variables)).build()
}

fn tags_of(function: &GetFunctionOutput) -> Tags {
    function.tags().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

impl FunctionKind {
    async fn get(&self, region: &Region, name: &str) -> Result<Option<GetFunctionOutput>, ProviderError> {
        is_missing(self.clients.at(region).get_function().function_name(name).send().await.map_err(failed(GET)))
    }

    async fn code(&self, inputs: &Inputs) -> Result<Blob, ProviderError> {
        let secrets = Secrets::new(self.clients.connection());
        let mut parameters = inputs.parameters.clone();
        for (name, arn) in &inputs.secret_parameters {
            parameters.insert(name.clone(), secrets.text(arn).await?.expose().to_owned());
        }
        let bytes = self.packages.render(&inputs.package, &parameters);
        bytes.map(Blob::new).map_err(|message| ProviderError::new(ErrorKind::Invalid, CREATE, message))
    }

    async fn read_one(&self, region: &Region, name: &str) -> Result<Option<Live>, ProviderError> {
        let Some(function) = self.get(region, name).await? else { return Ok(None) };
        let tags = tags_of(&function);
        let details = function.configuration.ok_or_else(|| ProviderError::incomplete(GET, "Configuration"))?;
        let environment = details.environment().and_then(|environment| environment.variables().cloned());
        let inputs = json!({
            "function_name": name,
            "description": details.description().unwrap_or_default(),
            "role_arn": details.role().unwrap_or_default(),
            "runtime": details.runtime().map_or("", Runtime::as_str),
            "handler": details.handler().unwrap_or_default(),
            "memory_mb": details.memory_size(),
            "timeout_seconds": details.timeout(),
            "environment": environment.unwrap_or_default(),
        });
        let (arn, digest) = (details.function_arn().unwrap_or_default(), details.code_sha256().unwrap_or_default());
        let attributes = attributes([("id", name), ("name", name), ("arn", arn), ("code_sha256", digest)]);
        Ok(Some(Live::new(&inputs, attributes).tagged(tags)))
    }
}

impl Kind for FunctionKind {
    type Definition = Function;

    async fn find(&self, subject: &Subject, known: &Known<Function>) -> Result<Option<Found>, ProviderError> {
        let function = self.get(&subject.region, &known.function_name).await?;
        Ok(function.map(|function| Found::new(&known.function_name, Evidence::Tags(tags_of(&function)))))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|name| self.read_one(region, name))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let name = &inputs.function_name;
        let code = FunctionCode::builder().zip_file(self.code(inputs).await?).build();
        let call = self.clients.at(&subject.region).create_function().function_name(name).code(code);
        let call = call.description(&inputs.description).role(&inputs.role_arn).handler(&inputs.handler);
        let call = call.runtime(Runtime::from(inputs.runtime.as_str())).memory_size(inputs.memory_mb);
        let call = call.architectures(Architecture::from(inputs.architecture.as_str())).timeout(inputs.timeout_seconds);
        let call = call.set_tags(Some(tags.clone().into_iter().collect()));
        // Lambda@Edge refuses a function that has an environment, be it empty.
        let call = if inputs.environment.is_empty() { call } else { call.environment(environment(inputs)) };
        let answer = call.send().await.map_err(referring(CREATE))?;
        let arn = answer.function_arn.ok_or_else(|| ProviderError::incomplete(CREATE, "FunctionArn"))?;
        let digest = answer.code_sha256.unwrap_or_default();
        Ok(Created::new(name, [("id", name), ("name", name), ("arn", &arn), ("code_sha256", &digest)]))
    }

    async fn ready(&self, region: &Region, name: &str) -> Result<Readiness, ProviderError> {
        let details = self.get(region, name).await?.and_then(|function| function.configuration);
        let Some(details) = details else { return Ok(Readiness::Waiting("not visible yet".to_owned())) };
        let reason = |reason: Option<&str>| reason.unwrap_or("no reason given").to_owned();
        match (details.state(), details.last_update_status()) {
            (Some(State::Failed), _) => {
                let message = format!("{name} could not be made: {}", reason(details.state_reason()));
                Err(ProviderError::new(ErrorKind::Other, GET, message))
            }
            (_, Some(LastUpdateStatus::Failed)) => {
                let message = format!("{name} could not be updated: {}", reason(details.last_update_status_reason()));
                Err(ProviderError::new(ErrorKind::Other, GET, message))
            }
            (Some(State::Pending), _) => Ok(Readiness::Waiting("Pending".to_owned())),
            (_, Some(LastUpdateStatus::InProgress)) => Ok(Readiness::Waiting("update in progress".to_owned())),
            _ => Ok(Readiness::Ready),
        }
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.clients.at(&subject.region);
        let desired = &update.desired;
        // Lambda takes the next change only when the one before has been carried out, which the engine waits for.
        if let Readiness::Waiting(status) = self.ready(&subject.region, name).await? {
            return Err(ProviderError::new(ErrorKind::Dependency, "lambda:UpdateFunctionConfiguration", status));
        }
        let is_code = |field: &String| CODE.iter().any(|code| field == code || field.starts_with(&format!("{code}.")));
        if update.changed.iter().any(|field| !is_code(field)) {
            let call = client.update_function_configuration().function_name(name).description(&desired.description);
            let call = call.role(&desired.role_arn).handler(&desired.handler).memory_size(desired.memory_mb);
            let call = call.runtime(Runtime::from(desired.runtime.as_str())).timeout(desired.timeout_seconds);
            let call = if update.changes("environment") { call.environment(environment(desired)) } else { call };
            call.send().await.map_err(referring("lambda:UpdateFunctionConfiguration"))?;
        }
        if update.changed.iter().any(is_code) {
            let call = client.update_function_code().function_name(name).zip_file(self.code(desired).await?);
            let call = call.architectures(Architecture::from(desired.architecture.as_str())).send();
            call.await.map_err(failed("lambda:UpdateFunctionCode"))?;
        }
        let function = self.get(&subject.region, name).await?.and_then(|function| function.configuration);
        let arn = function.and_then(|function| function.function_arn).unwrap_or_default();
        if !update.tags_to_set.is_empty() {
            let call =
                client.tag_resource().resource(&arn).set_tags(Some(update.tags_to_set.clone().into_iter().collect()));
            call.send().await.map_err(failed("lambda:TagResource"))?;
        }
        if !update.tags_to_remove.is_empty() {
            let call = client.untag_resource().resource(&arn).set_tag_keys(Some(update.tags_to_remove.clone()));
            call.send().await.map_err(failed("lambda:UntagResource"))?;
        }
        Ok(())
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.clients.at(region).delete_function().function_name(name).send().await;
        is_missing(result.map_err(failed("lambda:DeleteFunction"))).map(|_| ())
    }
}
