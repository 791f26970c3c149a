//! Creates the files of a new kind and registers it. The methods of the new kind return errors until they are implemented.

mod edits;
mod names;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::new_kind::edits::{CODES, KINDS, before_first, before_mark, named, sorted};
use crate::new_kind::names::Names;
use crate::shell::{cargo, root, run};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The kind, for example `sqs.queue`
    kind: String,
    /// The crate that implements the kind, for example `aws-ops`
    #[arg(long)]
    family: String,
    /// The crate of the AWS SDK [default: the one that the service uses, or `aws-sdk-SERVICE`]
    #[arg(long)]
    sdk: Option<String>,
}

const DEFINITION: &str = include_str!("../templates/definition.rs.txt");
const IMPLEMENTATION: &str = include_str!("../templates/implementation.rs.txt");
const CASE: &str = include_str!("../templates/case.rs.txt");
const NEXT_STEPS: &str = include_str!("../templates/next-steps.txt");

/// The features of each crate of the AWS SDK. One feature set for all: another one would compile shared crates twice.
const SDK: &str = r#"{ version = "1", default-features = false, features = ["behavior-version-latest", "rt-tokio", "default-https-client"] }"#;

pub(crate) fn run_new(arguments: &Arguments) -> Result<()> {
    let names = Names::new(&arguments.kind, &arguments.family, arguments.sdk.as_deref())?;
    let mut files = Files::default();
    add(&names, &mut files)?;
    for (path, text) in &files.0 {
        let place = root().join(path);
        let verb = if place.exists() { "changed" } else { "created" };
        std::fs::create_dir_all(place.parent().context("the path has no parent directory")?)?;
        let mut file = std::fs::File::create(place)?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        println!("{verb} {path}");
    }
    run(&mut cargo(&["fmt", "--all"]))?;
    println!("{}", names.fill(NEXT_STEPS));
    Ok(())
}

/// The new texts of files, by their paths in the repository.
#[derive(Default)]
struct Files(BTreeMap<String, String>);

impl Files {
    fn create(&mut self, path: String, text: String) -> Result<()> {
        ensure!(!root().join(&path).exists(), "{path} already exists");
        self.0.insert(path, text);
        Ok(())
    }

    fn edit(&mut self, path: &str, edit: impl FnOnce(&str) -> Result<String>) -> Result<()> {
        let present = match self.0.get(path) {
            Some(text) => text.clone(),
            None => std::fs::read_to_string(root().join(path)).with_context(|| path.to_owned())?,
        };
        let edited = edit(&present).with_context(|| path.to_owned())?;
        if edited != present {
            self.0.insert(path.to_owned(), edited);
        }
        Ok(())
    }
}

/// Returns the texts of all files that the scaffold of a kind creates or changes, before they are formatted.
#[cfg(test)]
pub(crate) fn texts(kind: &str, family: &str) -> Result<BTreeMap<String, String>> {
    let mut files = Files::default();
    add(&Names::new(kind, family, None)?, &mut files)?;
    Ok(files.0)
}

/// Adds the files of a kind, and its entry in every registry and table.
fn add(names: &Names, files: &mut Files) -> Result<()> {
    let Names { service, noun, family, .. } = names;
    let kinds = "crates/kinds/src";
    let implementation = format!("crates/{family}/src");
    files.create(format!("{kinds}/{service}/{noun}.rs"), names.fill(DEFINITION))?;
    files.create(format!("{implementation}/{service}/{noun}.rs"), names.fill(IMPLEMENTATION))?;

    let export = names.fill("pub use <noun>::{<Type>, <Type>Inputs, <Type>Live};");
    add_module(names, files, kinds, Some(&export))?;
    add_module(names, files, &implementation, None)?;
    files.edit(&format!("{kinds}/lib.rs"), |text| {
        before_mark(text, KINDS, &names.fill("<service>::<Type>::schema(),"))
    })?;
    files.edit(&format!("{kinds}/tests.rs"), |text| {
        let entry = names.fill(r#"named("<service>.<noun>", &[], "state why a replacement can complete"),"#);
        named(text, &format!("{service}.{noun}"), &entry)
    })?;
    files.edit("tests/tests/system/conformance.rs", |text| before_mark(text, KINDS, &names.fill(CASE)))?;

    add_sdk(names, files)?;
    files.edit(&format!("{implementation}/lib.rs"), |text| register(names, text))
}

/// Adds the module of the kind to that of its service. A new service gets a module.
fn add_module(names: &Names, files: &mut Files, source: &str, export: Option<&str>) -> Result<()> {
    let Names { service, noun, .. } = names;
    let path = format!("{source}/{service}.rs");
    let module = format!("pub mod {noun};");
    if root().join(&path).exists() {
        return files.edit(&path, |text| {
            let text = sorted(text, "pub mod ", &module)?;
            export.map_or(Ok(text.clone()), |export| sorted(&text, "pub use ", export))
        });
    }
    let export = export.map(|export| format!("\n{export}\n")).unwrap_or_default();
    files.create(path, format!("//! Kinds of the service `{service}`.\n\n{module}\n{export}"))?;
    files.edit(&format!("{source}/lib.rs"), |text| sorted(text, "pub mod ", &format!("pub mod {service};")))
}

/// Adds the SDK crate to the manifests. A new service also gets an entry in the tag index and a place for its error codes.
fn add_sdk(names: &Names, files: &mut Files) -> Result<()> {
    let Names { service, family, sdk, .. } = names;
    files.edit("Cargo.toml", |text| {
        let is_present = text.contains(&format!("\n{sdk} = "));
        if is_present { Ok(text.to_owned()) } else { sorted(text, "aws-sdk-", &format!("{sdk} = {SDK}")) }
    })?;
    files.edit(&format!("crates/{family}/Cargo.toml"), |text| {
        sorted(text, "aws-sdk-", &format!("{sdk}.workspace = true"))
    })?;
    if names.is_new_service() {
        files.edit("crates/aws-core/src/tag_index.rs", |text| sorted(text, "\"", &format!("\"{service}\",")))?;
        let place = format!("// {service}: codes that PATTERNS would not classify or would classify differently.");
        files.edit("crates/aws-core/src/classify.rs", |text| before_mark(text, CODES, &place))?;
    }
    Ok(())
}

/// Registers the kind, the client of a new service and its concurrency limit.
fn register(names: &Names, text: &str) -> Result<String> {
    let Names { service, noun, .. } = names;
    let maker = names.fill("Regional::new(connection, <client>::Client::new)");
    let present = text.lines().find_map(|line| {
        let (variable, value) = line.trim().strip_prefix("let ")?.split_once(" = ")?;
        (value.trim_end_matches(';') == maker).then(|| variable.to_owned())
    });
    let mut text = text.to_owned();
    let kind = names.fill("<service>::<noun>::<Type>Kind");
    if let Some(variable) = present {
        // Before the first use, because the last one takes the variable.
        let first = text.lines().map(str::trim).find(|line| {
            line.starts_with('.') && line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == variable)
        });
        let first = first.map_or_else(|| ".concurrency_limit(".to_owned(), str::to_owned);
        text = before_first(&text, &first, &format!(".kind({kind}({variable}.clone()))"))?;
    } else {
        let variable =
            if text.contains(&format!("let {service} = ")) { format!("{service}_{noun}") } else { service.clone() };
        text = before_first(&text, "// AWS publishes rate limits", &format!("let {variable} = {maker};"))?;
        text = before_first(&text, ".concurrency_limit(", &format!(".kind({kind}({variable}))"))?;
    }
    if !text.contains(&format!(".concurrency_limit(\"{service}\"")) {
        text = before_mark(&text, KINDS, &format!(".concurrency_limit(\"{service}\", 4)"))?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_service_gets_its_dependency_client_limit_tag_index_and_place_for_error_codes() {
        let files = texts("example.thing", "aws-ops").unwrap();
        for (path, entry) in [
            ("Cargo.toml", "\naws-sdk-example = { version = \"1\", default-features = false, features = ["),
            ("crates/aws-ops/Cargo.toml", "\naws-sdk-example.workspace = true\n"),
            ("crates/aws-ops/src/lib.rs", "\npub mod example;\n"),
            ("crates/aws-ops/src/lib.rs", "let example = Regional::new(connection, aws_sdk_example::Client::new);\n"),
            ("crates/aws-ops/src/lib.rs", ".kind(example::thing::ThingKind(example))\n        .concurrency_limit("),
            ("crates/aws-ops/src/lib.rs", ".concurrency_limit(\"example\", 4)\n"),
            ("crates/aws-ops/src/example.rs", "\npub mod thing;\n"),
            ("crates/aws-core/src/tag_index.rs", "\n    \"example\",\n"),
            ("crates/aws-core/src/classify.rs", "\n    // example: codes that PATTERNS would not"),
            ("crates/kinds/src/lib.rs", "\npub mod example;\n"),
            ("crates/kinds/src/lib.rs", "\n        example::Thing::schema(),\n"),
            ("crates/kinds/src/example.rs", "\npub use thing::{Thing, ThingInputs, ThingLive};\n"),
            ("crates/kinds/src/tests.rs", "\n    named(\"example.thing\", &[], \"state why"),
            ("tests/tests/system/conformance.rs", "\n            \"example.thing\",\n"),
            ("crates/kinds/src/example/thing.rs", "pub struct ThingInputs<T = String> {"),
            ("crates/aws-ops/src/example/thing.rs", "use aws_sdk_example::Client;"),
        ] {
            let text = &files[path];
            assert_eq!(text.matches(entry).count(), 1, "{path}: `{entry}`");
        }
    }

    #[test]
    fn a_kind_of_an_existing_service_uses_its_client() {
        let files = texts("elbv2.thing", "aws-compute").unwrap();
        let library = &files["crates/aws-compute/src/lib.rs"];
        let first = library.find(".kind(elbv2::").unwrap();
        assert!(library[first..].starts_with(".kind(elbv2::thing::ThingKind(elbv2.clone()))\n"), "{library}");
        assert!(files["crates/kinds/src/elbv2.rs"].contains("\npub use thing::{Thing, ThingInputs, ThingLive};\n"));
        for path in ["Cargo.toml", "crates/aws-compute/Cargo.toml", "crates/aws-core/src/tag_index.rs"] {
            assert!(!files.contains_key(path), "{path}");
        }
    }

    #[test]
    fn every_family_has_the_places_for_new_services_and_kinds() {
        for family in ["aws-ec2", "aws-iam", "aws-data", "aws-compute", "aws-edge", "aws-ops"] {
            let library =
                texts("example.thing", family).unwrap().remove(&format!("crates/{family}/src/lib.rs")).unwrap();
            let kind = library.find(".kind(example::thing::ThingKind(example))").unwrap();
            assert!(kind < library.find(".concurrency_limit(").unwrap(), "{family}");
        }
    }
}
