//! Creates the files of a new kind, to be completed by its author: its definition, its AWS implementation and its registry entries.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::shell::{cargo, root, run};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The kind, for example `ec2.launch_template`
    kind: String,
    /// The crate that implements the kind, for example `aws-ec2`
    #[arg(long)]
    family: String,
}

/// The line before which the entries of new kinds are inserted.
const MARK: &str = "// new kinds above this line";

pub(crate) fn run_new(arguments: &Arguments) -> Result<()> {
    let (service, noun) = arguments.kind.split_once('.').context("the kind must have the form `service.noun`")?;
    let is_word =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    ensure!(
        is_word(service) && is_word(noun),
        "the kind must have the form `service.noun`, in lower-case letters, digits and underscores"
    );
    let family = root().join("crates").join(&arguments.family);
    ensure!(family.join("src/lib.rs").exists(), "crate {} not found", arguments.family);
    let names = Names { service, noun, type_name: type_name(noun) };
    let definition = root().join(format!("crates/kinds/src/{service}/{noun}.rs"));
    let action = family.join(format!("src/{service}/{noun}.rs"));
    ensure!(!definition.exists() && !action.exists(), "{} already exists", arguments.kind);

    write(&definition, &names.fill(DEFINITION))?;
    write(&action, &names.fill(ACTION))?;
    let kinds = root().join("crates/kinds/src");
    let exports = names.fill("pub mod <noun>;\npub use <noun>::{<Type>, <Type>Inputs};\n");
    add_module(&kinds.join(format!("{service}.rs")), &kinds.join("lib.rs"), service, &exports)?;
    let module = names.fill("pub mod <noun>;\n");
    add_module(&family.join(format!("src/{service}.rs")), &family.join("src/lib.rs"), service, &module)?;
    insert(&kinds.join("lib.rs"), &names.fill("<service>::<Type>::schema(),"))?;
    insert(&root().join("tests/tests/system/conformance.rs"), &names.fill(CASE))?;
    insert_in_chain(&family.join("src/lib.rs"), &names.fill(".kind(<service>::<noun>::<Type>Kind)"))?;
    run(&mut cargo(&["fmt", "--all"]))?;
    println!("\nNext: complete both files and the kind's case in tests/tests/system/conformance.rs.");
    println!("docs/adding-a-kind.md describes the steps.");
    Ok(())
}

struct Names<'a> {
    service: &'a str,
    noun: &'a str,
    type_name: String,
}

impl Names<'_> {
    fn fill(&self, template: &str) -> String {
        let text = template.replace("<service>", self.service).replace("<noun>", self.noun);
        text.replace("<Type>", &self.type_name).replace("<words>", &self.noun.replace('_', " "))
    }
}

/// Returns the type name of a noun: `LaunchTemplate` for `launch_template`.
fn type_name(noun: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    noun.split('_').map(word).collect()
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::create_dir_all(path.parent().context("the path has no parent directory")?)?;
    let mut file = std::fs::File::create(path)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    println!("wrote {}", path.strip_prefix(root())?.display());
    Ok(())
}

/// Adds lines to a service's module. For a new service, creates the module and declares it in its parent.
fn add_module(module: &Path, parent: &Path, service: &str, lines: &str) -> Result<()> {
    if module.exists() {
        let text = std::fs::read_to_string(module)?;
        let at = text.find("\npub mod ").map_or(text.len(), |at| at + 1);
        let (before, after) = text.split_at(at);
        return write(module, &format!("{before}{lines}{after}"));
    }
    write(module, &format!("//! AWS {service}.\n\n{lines}"))?;
    let text = std::fs::read_to_string(parent)?;
    let at = text.find("\npub mod ").context("the parent declares no modules")? + 1;
    let (before, after) = text.split_at(at);
    write(parent, &format!("{before}pub mod {service};\n{after}"))
}

fn insert(path: &Path, line: &str) -> Result<()> {
    let text = std::fs::read_to_string(path)?;
    ensure!(text.contains(MARK), "{} has no line `{MARK}`", path.display());
    write(path, &text.replacen(MARK, &format!("{line}\n        {MARK}"), 1))
}

fn insert_in_chain(path: &Path, line: &str) -> Result<()> {
    let text = std::fs::read_to_string(path)?;
    ensure!(text.contains(MARK), "{} has no line `{MARK}`", path.display());
    write(path, &text.replacen(MARK, &format!("{line}\n    {MARK}"), 1))
}

const DEFINITION: &str = r#"//! A <words>.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `<service>.<noun>`
pub struct <Type>;

/// Inputs of a <words>. The comments of the fields are the reference for users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct <Type>Inputs<T = String> {
    /// Name, unique in the account and region. A change replaces the resource.
    pub name: String,
    /// Description. It may reference other resources.
    pub description: T,
}

impl Definition for <Type> {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = <Type>Inputs<T>;

    fn schema() -> Schema {
        Schema::new("<service>.<noun>", "A <words>")
            .input("name", REPLACE)
            .plain("description")
            .attribute("id", Availability::Early)
            .named_by(&["name"])
    }
}
"#;

const CASE: &str = r#"(
            "<service>.<noun>",
            json!({ "name": "conformance", "description": "one" }),
            vec![("description", json!("two")), ("name", json!("renamed"))],
        ),"#;

const ACTION: &str = r#"//! `<service>.<noun>` on AWS.

use ohinfra_core::contract::{Created, Deletion, Found, Kind, Known, Live, Resolved, Subject, Update};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::<service>::<Type>;

/// `<service>.<noun>`
pub struct <Type>Kind;

type Inputs = Resolved<<Type>>;

/// Returns the error of calls that are not implemented.
fn not_implemented<T>(operation: &str) -> Result<T, ProviderError> {
    Err(ProviderError::new(ErrorKind::Invalid, operation, "<service>.<noun> is not implemented"))
}

impl Kind for <Type>Kind {
    type Definition = <Type>;

    async fn find(&self, _subject: &Subject, _known: &Known<<Type>>) -> Result<Option<Found>, ProviderError> {
        not_implemented("find")
    }

    async fn read(&self, _region: &Region, _ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        not_implemented("read")
    }

    async fn create(&self, _subject: &Subject, _inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        not_implemented("create")
    }

    async fn update(&self, _subject: &Subject, _id: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        not_implemented("update")
    }

    async fn delete(&self, _region: &Region, _id: &str, _how: Deletion) -> Result<(), ProviderError> {
        not_implemented("delete")
    }
}
"#;
