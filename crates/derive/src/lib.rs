//! `#[derive(Inputs)]` for the inputs of a resource kind.
//!
//! The struct of the inputs is the only place that names a field. The macro derives from it
//!
//! - the fields of the schema, with the traits from `#[input(…)]`, the type and the doc comment (`InputFields::FIELDS`);
//! - the type of the live inputs, `XLive` for `XInputs`: every field is optional, because a response from AWS can lack it.
//!
//! ```ignore
//! #[derive(Inputs)]
//! pub struct TopicInputs<T = String> {
//!     /// Name of the topic.
//!     #[input(replace, nominal)]
//!     pub topic_name: String,
//!     /// Email addresses of the subscribers.
//!     #[input(unordered, shared)]
//!     pub email_subscriptions: Vec<String>,
//! }
//! ```
//!
//! | option | meaning |
//! | --- | --- |
//! | `replace`, `unordered`, … | the trait of the same name in `ohinfra_core::schema` |
//! | `unreported = "reason"` | AWS does not return the field (`WRITE_ONLY`), and why |
//! | `nested` | a structure whose fields are compared one by one, as `field.subfield` |
//! | `structure` | a structure (or a list or map of them) that is compared as a whole; its fields appear in the reference |

mod attributes;
mod live;
mod types;

use proc_macro::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, parse_macro_input};

use crate::attributes::Options;
use crate::live::live_struct;
use crate::types::{Shape, with_strings};

/// Derives `InputFields` and the type of the live inputs.
#[proc_macro_derive(Inputs, attributes(input))]
pub fn derive_inputs(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    expand(&item).unwrap_or_else(Error::into_compile_error).into()
}

fn expand(item: &DeriveInput) -> syn::Result<proc_macro2::TokenStream> {
    let Data::Struct(data) = &item.data else {
        return Err(Error::new_spanned(item, "`Inputs` can be derived for structs only"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new_spanned(item, "the fields of inputs need names"));
    };
    let mut fields = Vec::new();
    for field in &named.named {
        fields.push((field, Options::parse(field)?));
    }
    let constants = fields.iter().map(|(field, options)| constant(field, options)).collect::<syn::Result<Vec<_>>>()?;
    let (live, live_name) = live_struct(item, &fields);
    let name = &item.ident;
    let (impl_generics, type_generics, where_clause) = item.generics.split_for_impl();
    Ok(quote! {
        #live

        impl #impl_generics ::ohinfra_core::schema::InputFields for #name #type_generics #where_clause {
            type Live = #live_name;
            const FIELDS: &'static [::ohinfra_core::schema::Field] = &[#(#constants),*];
        }
    })
}

/// Returns the constant that describes one field.
fn constant(field: &syn::Field, options: &Options) -> syn::Result<proc_macro2::TokenStream> {
    let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let doc = attributes::doc(field);
    if doc.is_empty() {
        return Err(Error::new_spanned(field, "every input needs a doc comment: it is the reference for users"));
    }
    let shape = Shape::of(&field.ty, options.structure || options.nested);
    let (type_name, optional) = (shape.name, shape.optional);
    let mut traits: Vec<syn::Ident> = options.traits.clone();
    if shape.map {
        traits.push(syn::Ident::new("MAP", proc_macro2::Span::call_site()));
    }
    let unreported = options.unreported.as_ref().map_or_else(|| quote!(None), |reason| quote!(Some(#reason)));
    let nested = if options.nested || options.structure || options.flatten {
        let inner = with_strings(&shape.item);
        quote!(<#inner as ::ohinfra_core::schema::InputFields>::FIELDS)
    } else {
        quote!(&[])
    };
    let (compared, flatten) = (options.nested, options.flatten);
    Ok(quote! {
        ::ohinfra_core::schema::Field {
            name: #name,
            traits: ::ohinfra_core::schema::FieldTraits::NONE #(.with(::ohinfra_core::schema::#traits))*,
            doc: #doc,
            type_name: #type_name,
            optional: #optional,
            unreported: #unreported,
            fields: #nested,
            nested: #compared,
            flatten: #flatten,
        }
    })
}
