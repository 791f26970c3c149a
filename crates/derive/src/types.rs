//! The types of fields: their name in the reference, and the type parameter of the strings.

use syn::{GenericArgument, PathArguments, Type, TypePath};

/// The facts about a type for the reference and the schema.
pub(crate) struct Shape {
    /// Its name in the reference: `string`, `list of integers`, …
    pub(crate) name: String,
    /// `true` for `Option`.
    pub(crate) optional: bool,
    /// `true` for a map, or a JSON value of any form.
    pub(crate) map: bool,
    /// The type without `Option`, `Vec` and `BTreeMap`.
    pub(crate) item: Type,
}

impl Shape {
    pub(crate) fn of(ty: &Type, structure: bool) -> Self {
        let named = |name: &str, map| Self { name: name.to_owned(), optional: false, map, item: ty.clone() };
        let Some((name, arguments)) = generic(ty) else { return named("object", false) };
        let inner = |index: usize| Self::of(arguments.get(index).copied().unwrap_or(ty), structure);
        match name.as_str() {
            "Option" => Self { optional: true, ..inner(0) },
            "Vec" => {
                let item = inner(0);
                Self { name: format!("list of {}s", item.name), optional: false, map: false, item: item.item }
            }
            "BTreeMap" => {
                let item = inner(1);
                Self { name: format!("map of {}s", item.name), optional: false, map: true, item: item.item }
            }
            "Value" => named("JSON value", true),
            "bool" => named("boolean", false),
            "f32" | "f64" => named("number", false),
            "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => named("integer", false),
            _ if structure => named("object", false),
            _ => named("string", false),
        }
    }
}

/// Returns the last name of a type's path, and its type arguments.
pub(crate) fn generic(ty: &Type) -> Option<(String, Vec<&Type>)> {
    let Type::Path(TypePath { path, .. }) = ty else { return None };
    let last = path.segments.last()?;
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(list) => list
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    Some((last.ident.to_string(), arguments))
}

/// Returns the type with the type parameter `T` replaced by `String`.
pub(crate) fn with_strings(ty: &Type) -> Type {
    let mut ty = ty.clone();
    replace(&mut ty);
    ty
}

fn replace(ty: &mut Type) {
    let Type::Path(TypePath { path, .. }) = ty else { return };
    if path.is_ident("T") {
        *ty = syn::parse_quote!(::std::string::String);
        return;
    }
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(list) = &mut segment.arguments {
            for argument in &mut list.args {
                if let GenericArgument::Type(ty) = argument {
                    replace(ty);
                }
            }
        }
    }
}
