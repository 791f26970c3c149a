//! Code of a function: rendered when needed, including secrets, and stored only in Lambda.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ohinfra_aws_core::Secrets;
use ohinfra_core::ProviderError;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::package::Packages;
use ohinfra_core::secret::sha256;

use super::Clients;

/// Renders the archive of a package.
///
/// # Errors
/// A secret cannot be read, or the package cannot be rendered.
pub(super) async fn render(
    clients: &Clients,
    packages: &dyn Packages,
    package: &str,
    parameters: &BTreeMap<String, String>,
    secret_parameters: &BTreeMap<String, String>,
) -> Result<Vec<u8>, ProviderError> {
    let secrets = Secrets::new(clients.connection());
    let mut parameters = parameters.clone();
    for (name, arn) in secret_parameters {
        parameters.insert(name.clone(), secrets.text(arn).await?.expose().to_owned());
    }
    let rendered = packages.render(package, &parameters);
    rendered.map_err(|message| ProviderError::new(ErrorKind::Invalid, "lambda:CreateFunction", message))
}

/// Returns the digest of an archive in the format of `CodeSha256` in Lambda.
pub(super) fn digest(archive: &[u8]) -> String {
    STANDARD.encode(sha256(archive))
}
