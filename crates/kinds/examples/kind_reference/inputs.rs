//! The inputs of a kind, from the source of its definition: names, types and doc comments.

use std::collections::BTreeMap;
use std::path::Path;

/// The structs and enums of a service, by name.
pub(crate) type Types = BTreeMap<String, Vec<Field>>;

/// A field of a struct, or a variant of an enum.
pub(crate) struct Field {
    pub(crate) name: String,
    /// The text of the Rust type; empty for a variant.
    pub(crate) rust_type: String,
    pub(crate) doc: String,
}

impl Field {
    /// Returns the type without `Option`, and `true` if the field is optional.
    pub(crate) fn required_type(&self) -> (&str, bool) {
        match inner(&self.rust_type, "Option<") {
            Some(required) => (required, true),
            None => (&self.rust_type, false),
        }
    }
}

/// Returns the type within a generic type.
pub(crate) fn inner<'a>(rust_type: &'a str, outer: &str) -> Option<&'a str> {
    rust_type.strip_prefix(outer)?.strip_suffix('>')
}

/// Reads the types of a service.
pub(crate) fn read(service: &str) -> std::io::Result<Types> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut types = parse(&std::fs::read_to_string(source.join(format!("{service}.rs")))?);
    for entry in std::fs::read_dir(source.join(service))? {
        types.extend(parse(&std::fs::read_to_string(entry?.path())?));
    }
    Ok(types)
}

/// Returns the public structs and enums of a source text. Relies on its form: one field per line, formatted by rustfmt.
fn parse(text: &str) -> Types {
    let mut types = Types::new();
    let mut current: Option<&mut Vec<Field>> = None;
    let mut doc = Vec::new();
    let mut variant = String::new();
    for line in text.lines() {
        let declaration = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
        if let Some(declaration) = declaration.filter(|declaration| declaration.ends_with('{')) {
            let name = declaration.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            current = Some(types.entry(name.to_owned()).or_default());
            doc.clear();
        } else if line == "}" {
            current = None;
        } else if let Some(fields) = &mut current {
            let trimmed = line.trim();
            if let Some(text) = trimmed.strip_prefix("///") {
                doc.push(text.trim());
            } else if let Some((name, rust_type)) = declared(trimmed) {
                // The fields of a variant are indented twice.
                let is_in_variant = line.starts_with("        ");
                let context = if is_in_variant { format!("With `{variant}`: ") } else { String::new() };
                let name = if rust_type.is_empty() { snake_case(name) } else { name.to_owned() };
                if !is_in_variant {
                    variant.clone_from(&name);
                }
                fields.push(Field { name, rust_type: rust_type.to_owned(), doc: context + &doc.join(" ") });
                doc.clear();
            }
        }
    }
    types
}

/// Returns the name and the type of a field, or the name of a variant.
fn declared(line: &str) -> Option<(&str, &str)> {
    let declaration = line.strip_suffix(',').or_else(|| line.strip_suffix(" {"))?;
    let (name, rust_type) = declaration.split_once(": ").unwrap_or((declaration, ""));
    let name = name.trim_start_matches("pub ");
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some((name, rust_type))
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(character.to_lowercase());
    }
    text
}
