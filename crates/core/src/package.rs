//! Packages: code and scripts that a kind deploys, rendered on demand.

use std::collections::BTreeMap;

/// Renders code and scripts by name. Rendering is deterministic: equal parameters give equal bytes.
pub trait Packages: Send + Sync {
    /// Renders a package. `parameters` can contain secrets: the result is passed to the service and stored nowhere else.
    ///
    /// # Errors
    /// A message: unknown package, missing parameter, or exceeded AWS limit.
    fn render(&self, package: &str, parameters: &BTreeMap<String, String>) -> Result<Vec<u8>, String>;

    /// Renders a package if all its parameters are known; otherwise returns `None`.
    fn render_known(&self, package: &str, parameters: &BTreeMap<String, Option<String>>) -> Option<Vec<u8>> {
        let known = parameters.iter().map(|(name, value)| Some((name.clone(), value.clone()?)));
        self.render(package, &known.collect::<Option<_>>()?).ok()
    }
}
