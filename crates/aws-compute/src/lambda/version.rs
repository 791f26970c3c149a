//! Implementation of `lambda.version`. Only code uploaded by ohinfra is published: `PublishVersion` receives the digest and
//! rejects any other code.

use aws_sdk_lambda::types::{FunctionConfiguration, State};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, returned,
};
use ohinfra_core::document::same_meaning;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::lambda::{Version, VersionLive};

use super::Clients;
use super::settings::Settings;

/// `lambda.version`
pub struct VersionKind(pub(crate) Clients);

type Inputs = Resolved<Version>;

const PUBLISH: &str = "lambda:PublishVersion";

impl VersionKind {
    async fn get(&self, region: &Region, id: &str) -> Result<Option<FunctionConfiguration>, ProviderError> {
        let (name, version) = ProviderError::split_identity(id, "function:version")?;
        let call = self.0.in_region(region).get_function().function_name(name).qualifier(version);
        let answer = none_if_missing(call.send().await.map_err(api_error("lambda:GetFunction")))?;
        Ok(answer.and_then(|answer| answer.configuration))
    }

    /// Returns the revision of the function to publish.
    ///
    /// # Errors
    /// The function has other settings than those to publish, or AWS did not return all of them.
    async fn revision(&self, region: &Region, inputs: &Inputs) -> Result<Option<String>, ProviderError> {
        let call = self.0.in_region(region).get_function().function_name(&inputs.function_name);
        let answer = call.send().await.map_err(api_error_eventual("lambda:GetFunction"))?;
        let details =
            answer.configuration.ok_or_else(|| ProviderError::incomplete("lambda:GetFunction", "Configuration"))?;
        if Settings::of(&details).is_some_and(|live| same_meaning(&live.document(), &inputs.settings)) {
            return Ok(details.revision_id);
        }
        let message = format!(
            "the settings of {} differ from the planned ones or are not readable; run plan again and include the function",
            inputs.function_name
        );
        Err(ProviderError::new(ErrorKind::Invalid, PUBLISH, message))
    }

    /// Returns the identities of all versions with this code and these settings, newest first.
    async fn matching(
        &self,
        region: &Region,
        name: &str,
        code: &str,
        settings: &str,
    ) -> Result<Vec<String>, ProviderError> {
        let call = self.0.in_region(region).list_versions_by_function().function_name(name);
        let versions = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let versions =
            none_if_missing(versions.map_err(api_error("lambda:ListVersionsByFunction")))?.unwrap_or_default();
        let matching = versions.into_iter().rev().filter_map(|details| {
            let version = details.version().filter(|version| *version != "$LATEST")?;
            let is_same = details.code_sha256() == Some(code);
            let is_same =
                is_same && Settings::of(&details).is_some_and(|live| same_meaning(&live.document(), settings));
            is_same.then(|| format!("{name}:{version}"))
        });
        Ok(matching.collect())
    }
}

impl Kind for VersionKind {
    type Definition = Version;

    async fn find(&self, subject: &Subject, known: &Known<Version>) -> Result<Option<Found>, ProviderError> {
        let (Some(name), Some(code), Some(settings)) = (&known.function_name, &known.code_sha256, &known.settings)
        else {
            return Ok(None);
        };
        let matching = self.matching(&subject.region, name, code, settings).await?;
        Ok(matching.into_iter().find(|id| subject.seeks(id)).map(|id| Found::new(id, Evidence::Ours)))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let Some(details) = self.get(region, id).await? else { return Ok(None) };
        let inputs = VersionLive {
            function_name: details.function_name().map(str::to_owned),
            code_sha256: details.code_sha256().map(str::to_owned),
            settings: Settings::of(&details).map(|settings| settings.document()),
        };
        let (arn, version) = (details.function_arn(), details.version());
        Ok(Some(Live::new(&inputs, returned([("id", Some(id)), ("arn", arn), ("version", version)]))))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let name = &inputs.function_name;
        // After a reverted change an earlier version matches: CloudFront can keep using it.
        let matching = self.matching(&subject.region, name, &inputs.code_sha256, &inputs.settings).await?;
        if let Some(id) = matching.into_iter().next() {
            return Ok(Created { id, ..Created::default() });
        }
        let revision = self.revision(&subject.region, inputs).await?;
        let call = self.0.in_region(&subject.region).publish_version().function_name(name).set_revision_id(revision);
        let answer = call.code_sha256(&inputs.code_sha256).send().await.map_err(api_error_eventual(PUBLISH));
        let answer = answer.map_err(|error| match error.code.as_deref() {
            // The function was changed after its settings were compared: the next attempt compares them again.
            Some("PreconditionFailedException") => ProviderError { kind: ErrorKind::Dependency, ..error },
            _ => error,
        })?;
        let version = answer.version.ok_or_else(|| ProviderError::incomplete(PUBLISH, "Version"))?;
        Ok(Created { id: format!("{name}:{version}"), ..Created::default() })
    }

    async fn ready(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.get(region, id).await? {
            Some(details) if details.state() == Some(&State::Pending) => Readiness::Waiting("Pending".to_owned()),
            Some(_) => Readiness::Ready,
            None => Readiness::not_visible(),
        })
    }

    /// Does nothing: every change replaces the version.
    async fn update(&self, _subject: &Subject, _id: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (name, version) = ProviderError::split_identity(id, "function:version")?;
        let call = self.0.in_region(region).delete_function().function_name(name).qualifier(version);
        none_if_missing(call.send().await.map_err(api_error("lambda:DeleteFunction"))).map(|_| ())
    }
}
