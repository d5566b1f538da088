//! The builder of a struct: `MlpBuilder`, with one setter a field.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{Item, docs_or, local, this};
use crate::ast::Field;
use crate::check::is_string;

/// `pub struct MlpBuilder(MlpSpace, Mlp);`
pub(crate) fn structure(item: &Item<'_>) -> TokenStream {
    let (vis, ident) = (item.container.vis, item.container.ident);
    let (space, builder) = (&item.container.space, &item.container.builder);
    let generics = &item.generics;
    let (_, args, bounds) = item.generics.split_for_impl();
    let docs = format!(" Builds a checked [`{ident}`]: a field that is not set has its default.");
    quote! {
        #[doc = #docs]
        #[must_use = "end with `build()`"]
        #[allow(warnings, clippy::all)]
        #vis struct #builder #generics (#space #args, #ident #args) #bounds;
    }
}

/// `impl Build for MlpSpace` and the methods of `MlpBuilder`.
pub(crate) fn methods(item: &Item<'_>, fields: &[Field]) -> TokenStream {
    let (vis, ident) = (item.container.vis, item.container.ident);
    let (space, builder) = (&item.container.space, &item.container.builder);
    let (params, args, bounds) = item.generics.split_for_impl();
    let setters = fields.iter().filter(|field| field.is_tuned()).map(setter);
    let (this, value) = (this(), local("value"));
    quote! {
        impl #params __t::Build for #space #args #bounds {
            type Builder = #builder #args;
            fn build_from(&#this, #value: #ident #args) -> #builder #args {
                #builder(__t::Clone::clone(#this), #value)
            }
        }
        impl #params #builder #args #bounds {
            #(#setters)*
            /// The value, once every field is found to be allowed.
            ///
            /// # Errors
            /// Lists every field that the space does not allow.
            #vis fn build(#this) -> __t::Read<#ident #args> {
                #this.0.check(&#this.1)?;
                __t::Ok(#this.1)
            }
        }
    }
}

/// `pub fn units(mut self, units: Vec<usize>) -> Self { self.1.units = units; self }`
fn setter(field: &Field) -> TokenStream {
    let (vis, own, ty) = (&field.vis, &field.ident, &field.ty);
    let docs = docs_or(&field.docs, &format!(" Sets `{}`.", field.name));
    let name = match *own == "build" {
        true => format_ident!("build_", span = own.span()),
        false => own.clone(),
    };
    let (this, value) = (this(), local("value"));
    let (argument, given) = match is_string(ty) {
        true => (quote!(impl __t::Into<#ty>), quote!(#value.into())),
        false => (quote!(#ty), quote!(#value)),
    };
    quote! {
        #docs
        #vis fn #name(mut #this, #value: #argument) -> Self {
            #this.1.#own = #given;
            #this
        }
    }
}
