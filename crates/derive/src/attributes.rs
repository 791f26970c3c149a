//! The attributes of a field: `#[input(…)]`, its doc comment, and the parts of `#[serde(…)]` that matter here.

use proc_macro2::Span;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Meta};

/// The options that are traits in `ohinfra_core::schema`, by name in lower case.
const TRAITS: &[&str] = &[
    "replace",
    "unordered",
    "sensitive",
    "defaulted",
    "document",
    "write_only",
    "caseless",
    "nominal",
    "recorded",
    "replace_if_disjoint",
    "floor",
    "shared",
    "overlap",
    "exact",
];

/// The options of a field.
#[derive(Default)]
pub(crate) struct Options {
    /// The names of the constants of its traits.
    pub(crate) traits: Vec<Ident>,
    /// The reason why AWS does not return the field.
    pub(crate) unreported: Option<LitStr>,
    /// A structure whose fields are compared one by one.
    pub(crate) nested: bool,
    /// A structure that is compared as a whole.
    pub(crate) structure: bool,
    /// `#[serde(flatten)]`: the fields belong to the surrounding structure.
    pub(crate) flatten: bool,
}

impl Options {
    pub(crate) fn parse(field: &syn::Field) -> syn::Result<Self> {
        let mut options = Self::default();
        for attribute in &field.attrs {
            if attribute.path().is_ident("serde") {
                options.flatten |= is_flattened(attribute)?;
            }
            if !attribute.path().is_ident("input") {
                continue;
            }
            attribute.parse_nested_meta(|meta| {
                let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match name.as_str() {
                    "unreported" => {
                        options.unreported = Some(meta.value()?.parse()?);
                        options.traits.push(constant("write_only"));
                    }
                    "nested" => options.nested = true,
                    "structure" => options.structure = true,
                    name if TRAITS.contains(&name) => options.traits.push(constant(name)),
                    _ => {
                        let known = TRAITS.join(", ");
                        return Err(
                            meta.error(format!("unknown option; one of unreported, nested, structure, {known}"))
                        );
                    }
                }
                Ok(())
            })?;
        }
        Ok(options)
    }
}

fn constant(name: &str) -> Ident {
    Ident::new(&name.to_uppercase(), Span::call_site())
}

fn is_flattened(attribute: &syn::Attribute) -> syn::Result<bool> {
    let mut found = false;
    attribute.parse_nested_meta(|meta| {
        found |= meta.path.is_ident("flatten");
        if meta.path.is_ident("rename") || meta.path.is_ident("rename_all") {
            return Err(meta.error("inputs cannot be renamed: the schema has the name of the field"));
        }
        if meta.input.peek(syn::Token![=]) {
            meta.value()?.parse::<Expr>()?;
        }
        Ok(())
    })?;
    Ok(found)
}

/// Returns the doc comment of a field as one paragraph.
pub(crate) fn doc(field: &syn::Field) -> String {
    let lines = field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else { return None };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
        Some(text.value().trim().to_owned())
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}
