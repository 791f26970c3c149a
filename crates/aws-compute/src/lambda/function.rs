//! Implementation of `lambda.function`. Lambda applies one change at a time: an update that needs two calls sends the second one
//! in a later attempt.

use std::sync::Arc;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, Environment, FunctionCode, FunctionConfiguration, LastUpdateStatus, Runtime, State,
};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::package::Packages;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::lambda::{Function, FunctionLive};

use super::Clients;
use super::code::{digest, render};
use super::settings::{environment_of, is_configured_otherwise, layers_of};

/// `lambda.function`
pub struct FunctionKind {
    pub(crate) clients: Clients,
    pub(crate) packages: Arc<dyn Packages>,
}

type Inputs = Resolved<Function>;

const CREATE: &str = "lambda:CreateFunction";
const GET: &str = "lambda:GetFunction";
const CONFIGURE: &str = "lambda:UpdateFunctionConfiguration";
const UPLOAD: &str = "lambda:UpdateFunctionCode";
/// Inputs that `UpdateFunctionConfiguration` sets.
const CONFIGURED: [&str; 8] =
    ["description", "role_arn", "runtime", "handler", "memory_mb", "timeout_seconds", "environment", "layers"];

fn environment(inputs: &Inputs) -> Environment {
    let variables = inputs.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    Environment::builder().set_variables(Some(variables)).build()
}

fn tags_of(function: &GetFunctionOutput) -> Tags {
    function.tags().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Returns the status if Lambda is still creating or changing the function; it accepts the next change only afterwards.
fn busy(details: &FunctionConfiguration) -> Option<&'static str> {
    match (details.state(), details.last_update_status()) {
        (Some(State::Pending), _) => Some("Pending"),
        (_, Some(LastUpdateStatus::InProgress)) => Some("update in progress"),
        _ => None,
    }
}

fn not_busy(details: &FunctionConfiguration, operation: &str) -> Result<(), ProviderError> {
    let busy = busy(details).map(|status| ProviderError::new(ErrorKind::Dependency, operation, status));
    busy.map_or(Ok(()), Err)
}

impl FunctionKind {
    async fn get(&self, region: &Region, name: &str) -> Result<Option<GetFunctionOutput>, ProviderError> {
        none_if_missing(
            self.clients.in_region(region).get_function().function_name(name).send().await.map_err(api_error(GET)),
        )
    }

    async fn details(&self, region: &Region, name: &str) -> Result<FunctionConfiguration, ProviderError> {
        let function = self.get(region, name).await?;
        let details = function.and_then(|function| function.configuration);
        details.ok_or_else(|| ProviderError::incomplete(GET, "Configuration"))
    }

    /// Renders the archive, and only the one recorded in the state.
    ///
    /// # Errors
    /// The digest differs from the recorded one.
    async fn code(&self, inputs: &Inputs, operation: &str) -> Result<Blob, ProviderError> {
        let (parameters, secrets) = (&inputs.parameters, &inputs.secret_parameters);
        let archive = render(&self.clients, &*self.packages, &inputs.package, parameters, secrets).await?;
        if digest(&archive) != inputs.code_sha256 {
            let message = format!(
                "the code of {} differs from the planned code, because a secret or the version of ohinfra changed; run plan again \
                 and include the archive of the function",
                inputs.function_name
            );
            return Err(ProviderError::new(ErrorKind::Invalid, operation, message));
        }
        Ok(Blob::new(archive))
    }

    async fn arn(&self, region: &Region, name: &str) -> Result<String, ProviderError> {
        let caller = self.clients.connection().caller().details().await?;
        Ok(format!("arn:{}:lambda:{region}:{}:function:{name}", caller.partition(), caller.account))
    }

    async fn configure(
        &self,
        region: &Region,
        live: &FunctionConfiguration,
        desired: &Inputs,
    ) -> Result<(), ProviderError> {
        let client = self.clients.in_region(region);
        let call = client.update_function_configuration().function_name(&desired.function_name);
        let call = call.description(&desired.description).role(&desired.role_arn).handler(&desired.handler);
        let call = call.runtime(Runtime::from(desired.runtime.as_str())).memory_size(desired.memory_mb);
        let call = call.timeout(desired.timeout_seconds);
        // Lambda@Edge rejects a function with environment variables, even an empty set.
        let same = environment_of(live).unwrap_or_default() == desired.environment;
        let call = if same { call } else { call.environment(environment(desired)) };
        let same = layers_of(live) == desired.layers;
        let call = if same { call } else { call.set_layers(Some(desired.layers.clone())) };
        call.send().await.map(|_| ()).map_err(api_error_eventual(CONFIGURE))
    }

    async fn upload(&self, region: &Region, desired: &Inputs) -> Result<(), ProviderError> {
        let code = self.code(desired, UPLOAD).await?;
        let call = self.clients.in_region(region).update_function_code().function_name(&desired.function_name);
        let call = call.zip_file(code).architectures(Architecture::from(desired.architecture.as_str()));
        call.send().await.map(|_| ()).map_err(api_error(UPLOAD))
    }
}

impl Kind for FunctionKind {
    type Definition = Function;

    async fn find(&self, subject: &Subject, known: &Known<Function>) -> Result<Option<Found>, ProviderError> {
        let function = self.get(&subject.region, &known.function_name).await?;
        Ok(function.map(|function| Found::new(&known.function_name, Evidence::Tags(tags_of(&function)))))
    }

    async fn read_one(&self, region: &Region, name: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let Some(function) = self.get(region, name).await? else { return Ok(None) };
        let tags = tags_of(&function);
        let details = function.configuration.ok_or_else(|| ProviderError::incomplete(GET, "Configuration"))?;
        let inputs = FunctionLive {
            function_name: Some(name.to_owned()),
            description: Some(details.description().unwrap_or_default().to_owned()),
            role_arn: details.role().map(str::to_owned),
            runtime: details.runtime().map(|runtime| runtime.as_str().to_owned()),
            handler: details.handler().map(str::to_owned),
            architecture: details.architectures().first().map(|architecture| architecture.as_str().to_owned()),
            memory_mb: details.memory_size(),
            timeout_seconds: details.timeout(),
            environment: environment_of(&details),
            layers: Some(layers_of(&details)),
            code_sha256: details.code_sha256().map(str::to_owned),
            ..FunctionLive::default()
        };
        let attributes = returned([("id", Some(name)), ("name", Some(name)), ("arn", details.function_arn())]);
        Ok(Some(Live::new(&inputs, attributes).tagged(tags)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let name = &inputs.function_name;
        let code = FunctionCode::builder().zip_file(self.code(inputs, CREATE).await?).build();
        let call = self.clients.in_region(&subject.region).create_function().function_name(name).code(code);
        let call = call.description(&inputs.description).role(&inputs.role_arn).handler(&inputs.handler);
        let call = call.runtime(Runtime::from(inputs.runtime.as_str())).memory_size(inputs.memory_mb);
        let call = call.architectures(Architecture::from(inputs.architecture.as_str())).timeout(inputs.timeout_seconds);
        let call = call.set_tags(Some(tags.clone().into_iter().collect()));
        // Lambda@Edge rejects a function with environment variables, even an empty set.
        let call = if inputs.environment.is_empty() { call } else { call.environment(environment(inputs)) };
        let call = if inputs.layers.is_empty() { call } else { call.set_layers(Some(inputs.layers.clone())) };
        let answer = call.send().await.map_err(api_error_eventual(CREATE))?;
        let arn = answer.function_arn.ok_or_else(|| ProviderError::incomplete(CREATE, "FunctionArn"))?;
        Ok(Created::new(name, [("id", name), ("name", name), ("arn", &arn)]))
    }

    async fn ready(&self, region: &Region, name: &str) -> Result<Readiness, ProviderError> {
        let details = self.get(region, name).await?.and_then(|function| function.configuration);
        let Some(details) = details else { return Ok(Readiness::not_visible()) };
        let reason = |reason: Option<&str>| reason.unwrap_or("no reason given").to_owned();
        match (details.state(), details.last_update_status()) {
            (Some(State::Failed), _) => {
                let message = format!("failed to create {name}: {}", reason(details.state_reason()));
                Err(ProviderError::new(ErrorKind::Other, GET, message))
            }
            (_, Some(LastUpdateStatus::Failed)) => {
                let message = format!("failed to update {name}: {}", reason(details.last_update_status_reason()));
                Err(ProviderError::new(ErrorKind::Other, GET, message))
            }
            _ => Ok(busy(&details).map_or(Readiness::Ready, |status| Readiness::Waiting(status.to_owned()))),
        }
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let (region, desired) = (&subject.region, &update.desired);
        // Compares with the current settings, not with those of the plan: an earlier attempt may have changed some.
        let mut details = self.details(region, name).await?;
        if CONFIGURED.iter().any(|field| update.changes(field)) && is_configured_otherwise(&details, desired) {
            not_busy(&details, CONFIGURE)?;
            self.configure(region, &details, desired).await?;
            details = self.details(region, name).await?;
        }
        let code = details.code_sha256().map_or(update.changes("code_sha256"), |live| live != desired.code_sha256);
        let architecture = details.architectures().first();
        let architecture =
            architecture.map_or(update.changes("architecture"), |live| live.as_str() != desired.architecture);
        if code || architecture {
            not_busy(&details, UPLOAD)?;
            self.upload(region, desired).await?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        let call = self.clients.in_region(region).tag_resource().resource(self.arn(region, name).await?);
        let call = call.set_tags(Some(tags.clone().into_iter().collect()));
        call.send().await.map(|_| ()).map_err(api_error("lambda:TagResource"))
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        let call = self.clients.in_region(region).untag_resource().resource(self.arn(region, name).await?);
        let call = call.set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("lambda:UntagResource"))
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.clients.in_region(region).delete_function().function_name(name).send().await;
        none_if_missing(result.map_err(api_error("lambda:DeleteFunction"))).map(|_| ())
    }
}
