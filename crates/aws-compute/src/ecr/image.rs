//! Implementation of `ecr.image`: docker builds the image on this machine and pushes it.

use std::process::Stdio;
use std::sync::Arc;

use aws_sdk_ecr::types::ImageIdentifier;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ohinfra_aws_core::{SecretText, api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::package::Packages;
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ecr::{Image, ImageLive};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::Clients;

/// `ecr.image`
pub struct ImageKind {
    pub(crate) clients: Clients,
    pub(crate) packages: Arc<dyn Packages>,
}

type Inputs = Resolved<Image>;

/// Operation name in build errors.
const BUILD: &str = "docker:buildx";
/// Number of final lines of the build output in an error.
const LAST_LINES: usize = 15;

fn build_error(what: impl std::fmt::Display) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, BUILD, format!("failed to build the image: {what}"))
}

/// Builds an image from a context and pushes it. Dropping the future ends the build.
async fn build(context: &[u8], platform: &str, reference: &str, password: &SecretText) -> Result<(), ProviderError> {
    let directory = tempfile::tempdir().map_err(build_error)?;
    let registry = reference.split('/').next().unwrap_or_default();
    let mut child = Command::new("sh")
        .args(["-c", include_str!("build-image.sh"), "build-image"])
        .arg(directory.path())
        .args([registry, platform, reference])
        .env("OHINFRA_REGISTRY_PASSWORD", password.expose())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(build_error)?;
    let mut input = child.stdin.take();
    let write = async {
        if let Some(mut input) = input.take() {
            // A build that ends before it has read all input reports the reason itself.
            input.write_all(context).await.ok();
        }
    };
    let (output, ()) = futures::future::join(child.wait_with_output(), write).await;
    let output = output.map_err(build_error)?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default().join("\n");
    Err(build_error(format!(
        "{last}\nto debug the build, run `ohinfra render DIR` and build DIR/images manually; then re-run the same command"
    )))
}

impl ImageKind {
    async fn exists(&self, region: &Region, repository: &str, tag: &str) -> Result<bool, ProviderError> {
        let image = ImageIdentifier::builder().image_tag(tag).build();
        let call = self.clients.in_region(region).describe_images().repository_name(repository).image_ids(image);
        let answer = none_if_missing(call.send().await.map_err(api_error("ecr:DescribeImages")))?;
        Ok(answer.is_some_and(|answer| !answer.image_details().is_empty()))
    }

    /// Returns the registry password for docker; valid for 12 hours.
    async fn password(&self, region: &Region) -> Result<SecretText, ProviderError> {
        let operation = "ecr:GetAuthorizationToken";
        let answer =
            self.clients.in_region(region).get_authorization_token().send().await.map_err(api_error(operation))?;
        let token = answer.authorization_data().first().and_then(|data| data.authorization_token());
        let token = token.and_then(|token| STANDARD.decode(token).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
        let password =
            token.as_deref().and_then(|token| token.split_once(':')).map(|(_, password)| password.to_owned());
        password.map(SecretText::new).ok_or_else(|| ProviderError::incomplete(operation, "authorizationToken"))
    }
}

impl Kind for ImageKind {
    type Definition = Image;

    /// Finds the image by its tag, which depends only on the context: an existing image is not built again.
    async fn find(&self, subject: &Subject, known: &Known<Image>) -> Result<Option<Found>, ProviderError> {
        let Some(repository) = &known.repository_name else { return Ok(None) };
        let Some(context) = self.packages.render_known(&known.package, &known.parameters) else { return Ok(None) };
        let tag = sha256_hex(&context);
        let id = format!("{repository}:{tag}");
        let exists = subject.seeks(&id) && self.exists(&subject.region, repository, &tag).await?;
        Ok(exists.then(|| Found::new(id, Evidence::Ours)))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (repository, tag) = ProviderError::split_identity(id, "repository:tag")?;
        let exists = self.exists(region, repository, tag).await?;
        let inputs = ImageLive { repository_name: Some(repository.to_owned()), ..ImageLive::default() };
        Ok(exists.then(|| Live::new(&inputs, attributes([("id", id), ("tag", tag)]))))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let context = self.packages.render(&inputs.package, &inputs.parameters).map_err(build_error)?;
        let tag = sha256_hex(&context);
        let password = self.password(&subject.region).await?;
        build(&context, &inputs.platform, &format!("{}:{tag}", inputs.repository_uri), &password).await?;
        let id = format!("{}:{tag}", inputs.repository_name);
        Ok(Created::new(&id, [("id", &id), ("tag", &tag)]))
    }

    /// Does nothing: every change replaces the image.
    async fn update(&self, _subject: &Subject, _id: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (repository, tag) = ProviderError::split_identity(id, "repository:tag")?;
        let image = ImageIdentifier::builder().image_tag(tag).build();
        let call = self.clients.in_region(region).batch_delete_image().repository_name(repository).image_ids(image);
        // The only possible failure in the response is a missing image, because images are identified by tag.
        none_if_missing(call.send().await.map_err(api_error_eventual("ecr:BatchDeleteImage"))).map(|_| ())
    }
}
