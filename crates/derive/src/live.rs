//! The type of the live inputs: the same fields, each of which may be absent.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Ident};

use crate::attributes::Options;
use crate::types::{generic, with_strings};

/// Returns the struct and its name: `ClusterLive` for `ClusterInputs`, `BehaviorLive` for `Behavior`.
pub(crate) fn live_struct(item: &DeriveInput, fields: &[(&syn::Field, Options)]) -> (TokenStream, Ident) {
    let name = item.ident.to_string();
    let live = format_ident!("{}Live", name.strip_suffix("Inputs").unwrap_or(&name));
    let doc = format!(
        " Live values of [`{name}`]. A field that AWS did not return is `None`; it is not compared. In a field that the \
         configuration can omit, `None` means that AWS reports it as not set."
    );
    let members = fields.iter().map(|(field, options)| {
        let (ident, visibility) = (&field.ident, &field.vis);
        let docs = field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
        let is_optional = generic(&field.ty).is_some_and(|(name, _)| name == "Option");
        let own = with_strings(&field.ty);
        let skip = quote!(#[serde(skip_serializing_if = "::std::option::Option::is_none")]);
        let (attribute, ty) = if options.flatten {
            (quote!(#[serde(flatten)]), quote!(<#own as ::ohinfra_core::schema::InputFields>::Live))
        } else if options.nested && is_optional {
            let inner = generic(&own).and_then(|(_, arguments)| arguments.first().map(|ty| quote!(#ty)));
            (TokenStream::new(), quote!(::std::option::Option<<#inner as ::ohinfra_core::schema::InputFields>::Live>))
        } else if options.nested {
            (skip, quote!(::std::option::Option<<#own as ::ohinfra_core::schema::InputFields>::Live>))
        } else if is_optional {
            (TokenStream::new(), quote!(#own))
        } else {
            (skip, quote!(::std::option::Option<#own>))
        };
        quote!(#(#docs)* #attribute #visibility #ident: #ty)
    });
    let visibility = &item.vis;
    let item = quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, Default, PartialEq, ::serde::Serialize)]
        #visibility struct #live {
            #(#members),*
        }
    };
    (item, live)
}
