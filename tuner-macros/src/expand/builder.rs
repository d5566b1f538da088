//! The builder of a struct: `MlpBuilder`, with one setter a field.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Ident, Type, Visibility};

use super::{Item, docs_or, local, this};
use crate::ast::{Field, generated};
use crate::check::is_string;

/// `pub struct MlpBuilder(MlpSpace, Mlp);`
pub(crate) fn structure(item: &Item<'_>) -> TokenStream {
    let (vis, ident) = (item.container.vis, item.container.ident);
    let (space, builder) = (&item.container.space, &item.container.builder);
    let generics = &item.generics;
    let (_, args, bounds) = item.generics.split_for_impl();
    let silent = item.silent();
    let docs = format!(" Builds a checked [`{ident}`]: a field that is not set has its default.");
    quote! {
        #[doc = #docs]
        #[must_use = "end with `build()`"]
        #silent
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
                __t::build(&#this.0, #this.1)
            }
        }
    }
}

/// `pub fn units(mut self, value: Vec<usize>) -> Self { self.1.units = value; self }`
fn setter(field: &Field) -> TokenStream {
    let docs = docs_or(&field.docs, &format!(" Sets `{}`.", field.name));
    let signature = signature(&field.vis, &field.ident, &field.ty);
    let (this, value, own) = (this(), local("value"), &field.ident);
    let given = match is_string(&field.ty) {
        true => quote!(__t::Into::into(#value)),
        false => quote!(#value),
    };
    quote! {
        #docs
        #signature {
            #this.1.#own = #given;
            #this
        }
    }
}

/// `pub fn units(mut self, value: Vec<usize>) -> Self`
pub(crate) fn signature(vis: &Visibility, own: &Ident, ty: &Type) -> TokenStream {
    let name = match own.unraw() == "build" {
        true => format_ident!("build_", span = own.span()),
        false => own.clone(),
    };
    let (name, this, value) = (generated(&name), this(), local("value"));
    let argument = match is_string(ty) {
        true => quote!(impl __t::Into<#ty>),
        false => quote!(#ty),
    };
    quote!(#vis fn #name(mut #this, #value: #argument) -> Self)
}
