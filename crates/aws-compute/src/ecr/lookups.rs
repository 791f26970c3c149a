//! Lookups answered by docker on this machine. They send no request to AWS.

use std::process::Stdio;

use futures::future::BoxFuture;
use ohinfra_core::lookup::{AnswersLookUp, Lookup};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ecr::{Buildx, ImageDigest, ResolvedImage};
use serde_json::{Value, json};
use tokio::process::Command;

/// Implementation of the lookup [`Buildx`].
pub struct BuildxLookUp;

impl AnswersLookUp for BuildxLookUp {
    fn name(&self) -> &'static str {
        Buildx::NAME
    }

    fn answer<'a>(&'a self, _: &'a Region, _: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async { Ok(json!(docker(&["buildx", "version"]).await.ok())) })
    }
}

/// Implementation of the lookup [`ImageDigest`]. docker queries the registry, with this machine's credentials and proxies.
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

/// Returns the digest of a manifest, or of a multi-platform manifest list.
fn digest_of(manifest: &str) -> Result<String, String> {
    let manifest: Value =
        serde_json::from_str(manifest).map_err(|error| format!("docker did not print valid JSON: {error}"))?;
    manifest["digest"].as_str().map(str::to_owned).ok_or_else(|| "docker did not print a digest".to_owned())
}

/// Runs docker and returns its output.
///
/// # Errors
/// The last line of the error output.
async fn docker(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("docker").args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.map_err(|error| format!("failed to run docker: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(text(&output.stderr).lines().last().unwrap_or("docker failed and printed nothing").to_owned())
}
