//! The builder of a struct: `MlpBuilder`, with one setter a field.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{Item, docs_or, local, this};
use crate::ast::Field;
use crate::types::Shape;

/// `pub struct MlpBuilder { __space: MlpSpace, __value: Mlp }`
pub(crate) fn structure(item: &Item<'_>) -> TokenStream {
    let (vis, ident) = (item.container.vis, item.container.ident);
    let (space, builder) = (&item.container.space, &item.container.builder);
    let generics = &item.generics;
    let (_, args, bounds) = item.generics.split_for_impl();
    let docs = format!("Builds a checked [`{ident}`]: a field that is not set has its default.");
    quote! {
        #[doc = #docs]
        #[must_use = "end with `build()`"]
        #[allow(dead_code, non_snake_case, trivial_bounds, private_bounds, unreachable_pub)]
        #vis struct #builder #generics #bounds {
            __space: #space #args,
            __value: #ident #args,
        }
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
        impl #params __tuner::Build for #space #args #bounds {
            type Builder = #builder #args;
            fn build_from(&#this, #value: #ident #args) -> #builder #args {
                #builder { __space: __tuner::Clone::clone(#this), __value: #value }
            }
        }
        impl #params #builder #args #bounds {
            #(#setters)*
            /// The value, once every field is found to be allowed.
            ///
            /// # Errors
            /// Lists every field that the space does not allow.
            #vis fn build(#this) -> __tuner::Read<#ident #args> {
                #this.__space.check(&#this.__value)?;
                __tuner::Ok(#this.__value)
            }
        }
    }
}

/// `pub fn units(mut self, units: Vec<usize>) -> Self { self.__value.units = units; self }`
fn setter(field: &Field) -> TokenStream {
    let (vis, own, ty) = (&field.vis, &field.ident, &field.ty);
    let docs = docs_or(&field.docs, &format!("Sets `{}`.", field.name));
    let name = match *own == "build" {
        true => format_ident!("build_", span = own.span()),
        false => own.clone(),
    };
    let (this, value) = (this(), local("value"));
    let (argument, given) = match Shape::name(ty).as_deref() {
        Some("String") => (quote!(impl __tuner::Into<#ty>), quote!(#value.into())),
        _ => (quote!(#ty), quote!(#value)),
    };
    quote! {
        #docs
        #vis fn #name(mut #this, #value: #argument) -> Self {
            #this.__value.#own = #given;
            #this
        }
    }
}
