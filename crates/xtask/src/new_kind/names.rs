//! The names of a new kind.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use crate::shell::root;

/// The names of a new kind, as its files spell them.
pub(crate) struct Names {
    pub(crate) service: String,
    pub(crate) noun: String,
    type_name: String,
    /// The crate that implements the kind.
    pub(crate) family: String,
    /// The crate of the AWS SDK.
    pub(crate) sdk: String,
}

impl Names {
    pub(crate) fn new(kind: &str, family: &str, sdk: Option<&str>) -> Result<Self> {
        let expected = "the kind must have the form `service.noun`, in lower-case letters, digits and underscores";
        let (service, noun) = kind.split_once('.').context(expected)?;
        ensure!(is_word(service) && is_word(noun), expected);
        ensure!(root().join(format!("crates/{family}/src/lib.rs")).exists(), "crate {family} not found");
        let sdk = match sdk {
            Some(sdk) => sdk.to_owned(),
            None => present_sdk(family, service)?.unwrap_or_else(|| format!("aws-sdk-{service}")),
        };
        Ok(Self {
            service: service.to_owned(),
            noun: noun.to_owned(),
            type_name: type_name(noun),
            family: family.to_owned(),
            sdk,
        })
    }

    /// Fills in a template.
    pub(crate) fn fill(&self, template: &str) -> String {
        let text = template.replace("<service>", &self.service).replace("<noun>", &self.noun);
        let text = text.replace("<Type>", &self.type_name).replace("<words>", &self.noun.replace('_', " "));
        text.replace("<client>", &self.sdk.replace('-', "_")).replace("<family>", &self.family)
    }

    /// Returns `true` if no kind of the service exists.
    pub(crate) fn is_new_service(&self) -> bool {
        !root().join(format!("crates/kinds/src/{}.rs", self.service)).exists()
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Returns the type name of a noun: `LaunchTemplate` for `launch_template`.
fn type_name(noun: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    noun.split('_').map(word).collect()
}

/// Returns the SDK crate that the kinds of a service use; `None` for a new service.
fn present_sdk(family: &str, service: &str) -> Result<Option<String>> {
    let source = root().join(format!("crates/{family}/src"));
    let mut files: Vec<PathBuf> = vec![source.join(format!("{service}.rs"))];
    if let Ok(entries) = std::fs::read_dir(source.join(service)) {
        files.extend(entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?);
    }
    files.retain(|path| path.exists());
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(path)?;
        if let Some(at) = text.find("aws_sdk_") {
            let name = text[at..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
            return Ok(Some(name.replace('_', "-")));
        }
    }
    Ok(None)
}
