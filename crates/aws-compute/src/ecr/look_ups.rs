//! What docker on this machine answers. Nothing is sent to AWS.

use std::process::Stdio;

use futures::future::BoxFuture;
use ohinfra_core::look_up::{AnswersLookUp, LookUp};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ecr::{Buildx, ImageDigest, ResolvedImage};
use serde_json::{Value, json};
use tokio::process::Command;

/// Whether docker can build.
pub struct BuildxLookUp;

impl AnswersLookUp for BuildxLookUp {
    fn name(&self) -> &'static str {
        Buildx::NAME
    }

    fn answer<'a>(&'a self, _: &'a Region, _: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async { Ok(json!(docker(&["buildx", "version"]).await.ok())) })
    }
}

/// The digest that a tag names, by the registry's own answer: docker brings the credentials and proxies of this machine.
pub struct ImageDigestLookUp;

impl AnswersLookUp for ImageDigestLookUp {
    fn name(&self) -> &'static str {
        ImageDigest::NAME
    }

    fn answer<'a>(&'a self, _: &'a Region, question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let reference = question.as_str().unwrap_or_default();
            let inspect = ["buildx", "imagetools", "inspect", "--format", "{{json .Manifest}}", reference];
            let digest = docker(&inspect).await.and_then(|text| digest_of(&text));
            Ok(json!(match digest {
                Ok(digest) => ResolvedImage { digest: Some(digest), problem: None },
                Err(problem) => ResolvedImage { digest: None, problem: Some(problem) },
            }))
        })
    }
}

/// The digest of a manifest, or of the list of manifests of all platforms.
fn digest_of(manifest: &str) -> Result<String, String> {
    let manifest: Value =
        serde_json::from_str(manifest).map_err(|error| format!("docker answered no JSON: {error}"))?;
    manifest["digest"].as_str().map(str::to_owned).ok_or_else(|| "docker answered no digest".to_owned())
}

/// What docker prints, or the last line of its error.
async fn docker(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("docker").args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.map_err(|error| format!("docker cannot be run: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(text(&output.stderr).lines().last().unwrap_or("docker failed and printed nothing").to_owned())
}
