//! Tokens: the handle, the builder and the trait implementations of a checked item.
//!
//! Beside the item stand `MlpSpace`, `MlpBuilder` or `OptimizerVariant`; everything else sits in
//! `const _`. Bodies are spanned `mixed_site`: their variables are out of reach of the user's
//! expressions, their paths are not.

mod assert;
mod builder;
mod enums;
mod field;
mod space;
mod tunable;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Generics};

use crate::ast::{Body, Container, Field, Shape};

/// Everything that the item gets.
pub(crate) fn expand(container: &Container<'_>) -> TokenStream {
    match &container.body {
        Body::Struct(fields) => {
            let item = Item::of(container, fields.iter());
            let (space, builder) = (space::structure(&item, fields), builder::structure(&item));
            let inside = [
                space::handle(&item, fields),
                tunable::of_struct(&item, fields),
                builder::methods(&item, fields),
            ];
            let inside = item.hidden(&inside);
            quote!(#space #builder #inside)
        }
        Body::Enum(variants) if variants.iter().all(|v| matches!(v.shape, Shape::Unit)) => {
            let item = Item::of(container, [].into_iter());
            enums::units(&item, variants)
        }
        Body::Enum(variants) => {
            let fields = variants.iter().flat_map(|variant| variant.fields());
            let item = Item::of(container, fields);
            enums::mixed(&item, variants)
        }
    }
}

/// The item's names and generics, as every part of the expansion needs them.
pub(crate) struct Item<'a> {
    pub(crate) container: &'a Container<'a>,
    /// The generics with a bound for each field that is not seen to agree with its keys.
    pub(crate) generics: Generics,
    /// The names of its type, const and lifetime parameters.
    pub(crate) params: Vec<String>,
    /// `::tuner::__private`.
    pub(crate) private: TokenStream,
}

impl<'a> Item<'a> {
    fn of<'f>(container: &'a Container<'a>, fields: impl Iterator<Item = &'f Field>) -> Self {
        let krate = &container.krate;
        let mut item = Self {
            container,
            generics: container.generics.clone(),
            params: names(container.generics),
            private: quote!(#krate::__private),
        };
        // A bound that cannot hold is reported once, at the type, and assumed everywhere else. What
        // the spelling of a type shows to agree with its keys needs none.
        for bound in fields.filter_map(|field| field.bound(&item.private)) {
            item.generics.make_where_clause().predicates.push(bound);
        }
        item
    }

    /// A private struct field that uses every parameter of the item and ends its handle.
    pub(crate) fn seal(&self) -> (TokenStream, TokenStream) {
        if self.params.is_empty() {
            return (quote!(()), quote!(()));
        }
        let (ident, private) = (self.container.ident, &self.private);
        let (_, generics, _) = self.generics.split_for_impl();
        (
            quote!(#private::core::marker::PhantomData<fn() -> #ident #generics>),
            quote!(#private::core::marker::PhantomData),
        )
    }

    /// The parts of the expansion that nobody needs to name.
    pub(crate) fn hidden(&self, parts: &[TokenStream]) -> TokenStream {
        let private = &self.private;
        quote! {
            #[allow(unused, deprecated, trivial_bounds, private_bounds, unreachable_pub)]
            #[allow(non_snake_case, non_upper_case_globals, clippy::all)]
            const _: () = {
                use #private as __tuner;
                use __tuner::{Fits as _, Handle as _};
                #(#parts)*
            };
        }
    }
}

fn names(generics: &Generics) -> Vec<String> {
    let params = generics.params.iter();
    params
        .map(|param| match param {
            syn::GenericParam::Lifetime(param) => param.lifetime.ident.to_string(),
            syn::GenericParam::Type(param) => param.ident.to_string(),
            syn::GenericParam::Const(param) => param.ident.to_string(),
        })
        .collect()
}

/// A variable of a generated body.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// `self` of a generated body.
pub(crate) fn this() -> TokenStream {
    quote_spanned!(Span::mixed_site()=> self)
}

/// The user's docs, or else a sentence of ours.
pub(crate) fn docs_or(docs: &[Attribute], sentence: &str) -> TokenStream {
    if docs.is_empty() {
        quote!(#[doc = #sentence])
    } else {
        quote!(#(#docs)*)
    }
}
