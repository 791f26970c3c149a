//! What a kind delivers but does not make: code and scripts that are rendered when they are needed.

use std::collections::BTreeMap;

/// Renders code and scripts by name. The same parameters give the same bytes.
pub trait Packages: Send + Sync {
    /// The bytes of a package. `parameters` may hold secrets: what is made of them is handed to the service and kept nowhere.
    ///
    /// # Errors
    /// A text that says what is wrong: no such package, a parameter that is missing, a limit of AWS's.
    fn render(&self, package: &str, parameters: &BTreeMap<String, String>) -> Result<Vec<u8>, String>;

    /// The bytes of a package, if everything that it needs is known already.
    fn render_known(&self, package: &str, parameters: &BTreeMap<String, Option<String>>) -> Option<Vec<u8>> {
        let known = parameters.iter().map(|(name, value)| Some((name.clone(), value.clone()?)));
        self.render(package, &known.collect::<Option<_>>()?).ok()
    }
}
