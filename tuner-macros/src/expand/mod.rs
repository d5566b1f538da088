//! Tokens: the handle, the builder and the trait implementations of a checked item.
//!
//! Beside the item stand `MlpSpace`, `MlpBuilder` or `OptimizerVariant`; everything else sits in
//! `const _`. Bodies are spanned `mixed_site`: their variables are out of reach of the user's
//! expressions, their paths are not.

mod assert;
pub(crate) mod builder;
mod enums;
mod field;
mod space;
mod tunable;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Generics, WherePredicate};

use crate::ast::{self, Body, Container, Field};
use crate::check::Kind;
use crate::types::{Shape, without_lifetimes};

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
        Body::Enum(variants) if variants.iter().all(|v| matches!(v.shape, ast::Shape::Unit)) => {
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

/// What the compiler has to look at in an item with mistakes, so that it reports its own beside them.
pub(crate) struct Rest {
    /// The item's generics, with the bounds of its sound fields.
    pub(crate) generics: Generics,
    /// The handle, as far as the item is sound, and what stands beside it.
    pub(crate) handle: TokenStream,
    /// What belongs to the handle, the constants of sound fields and what they assert.
    pub(crate) inside: TokenStream,
    /// Statements for where the item's parameters are known.
    pub(crate) statements: TokenStream,
}

/// The rest of an item some of whose fields are wrong.
pub(crate) fn rest(container: &Container<'_>) -> Rest {
    let fields: Vec<&Field> = match &container.body {
        Body::Struct(fields) => fields.iter().collect(),
        Body::Enum(variants) => variants.iter().flat_map(|v| v.fields()).collect(),
    };
    let item = Item::of(container, fields.iter().copied());
    let mut asserts = assert::Asserts::of(&item);
    let sound = fields.iter().filter(|field| !field.is_stand_in);
    let values: Vec<TokenStream> = sound
        .map(|field| match &field.meaning.kind {
            Kind::Fixed(value) => {
                let ty = &field.ty;
                quote!(let _: #ty = #value;)
            }
            _ => {
                let (ty, handle) = (field.handle_type(&quote!(__t)), field.handle(&mut asserts));
                quote!(let _: #ty = #handle;)
            }
        })
        .collect();
    let (constants, statements) = (asserts.constants(), asserts.inside());
    let (handle, own) = match &container.body {
        Body::Struct(fields) => (space::structure(&item, fields), TokenStream::new()),
        Body::Enum(variants) => enums::rest(&item, variants),
    };
    Rest {
        handle,
        inside: quote!(#constants #own),
        statements: quote!(#statements #(#values)*),
        generics: item.generics,
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
        let unbound = fields.filter(|field| !is_bound(container.generics, field));
        let mut bounds: Vec<WherePredicate> = unbound
            .filter_map(|field| field.bound(&item.params, &item.private))
            .collect();
        drop_lifetimes_apart(&mut bounds);
        if !bounds.is_empty() {
            item.generics.make_where_clause().predicates.extend(bounds);
        }
        item
    }

    /// The same item with the bounds of these fields alone.
    pub(crate) fn with<'f>(&self, fields: impl Iterator<Item = &'f Field>) -> Item<'a> {
        Item::of(self.container, fields)
    }

    /// Whether a derive asks for nothing of its own: no bounds of fields to fail once more.
    fn is_derivable(&self) -> bool {
        let bounds = |generics: &Generics| {
            let clause = generics.where_clause.as_ref();
            clause.map_or(0, |clause| clause.predicates.len())
        };
        let own = self.container.generics;
        own.type_params().next().is_none() && bounds(&self.generics) == bounds(own)
    }

    /// `#[derive(Clone, Debug)]`, where that is as good as [`Item::derives`].
    pub(crate) fn derive(&self) -> Option<TokenStream> {
        let private = &self.private;
        let derive = quote!(#[derive(#private::Clone, #private::fmt::Debug)]);
        self.is_derivable().then_some(derive)
    }

    /// `impl Clone` and `impl Debug`. Derives would ask something of type parameters, and repeat
    /// every error of a field's type.
    pub(crate) fn derives(
        &self,
        name: &Ident,
        clones: impl Iterator<Item = TokenStream>,
        has_seal: bool,
        debug: &TokenStream,
    ) -> TokenStream {
        let (params, args, bounds) = self.generics.split_for_impl();
        let (this, out) = (this(), local("out"));
        let (_, seal) = self.seal();
        let seal = has_seal.then(|| quote!(__seal: #seal));
        quote! {
            impl #params __t::Clone for #name #args #bounds {
                fn clone(&#this) -> Self {
                    Self { #(#clones)* #seal }
                }
            }
            impl #params __t::fmt::Debug for #name #args #bounds {
                fn fmt(&#this, #out: &mut __t::fmt::Formatter<'_>) -> __t::fmt::Result {
                    #debug
                }
            }
        }
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

    /// Silence about what is not the user's to mend. What is forbidden cannot be allowed, so that
    /// nothing more is named than there is need of.
    pub(crate) fn silent(&self) -> TokenStream {
        let deprecated = self.container.is_deprecated.then(|| quote!(, deprecated));
        quote!(#[allow(warnings, long_running_const_eval, clippy::all #deprecated)])
    }

    /// The parts of the expansion that nobody needs to name.
    pub(crate) fn hidden(&self, parts: &[TokenStream]) -> TokenStream {
        let (private, silent) = (&self.private, self.silent());
        quote! {
            #silent
            const _: () = {
                use #private as __t;

                #(#parts)*
            };
        }
    }
}

/// Leaves out the bounds that differ in lifetimes alone: of those of `Inner<'a>` and `Inner<'static>`
/// the compiler takes one for the other.
fn drop_lifetimes_apart(bounds: &mut Vec<WherePredicate>) {
    let texts = bounds.iter().map(|bound| {
        let tokens = bound.to_token_stream();
        let (erased, exact) = (without_lifetimes(tokens.clone()), tokens.to_string());
        erased.map(|erased| (erased.to_string(), exact))
    });
    let texts: Vec<Option<(String, String)>> = texts.collect();
    let is_apart = |(erased, exact): &(String, String)| {
        let mut others = texts.iter().flatten();
        others.any(|other| other.0 == *erased && other.1 != *exact)
    };
    let mut apart = texts.iter().map(|text| text.as_ref().is_some_and(is_apart));
    bounds.retain(|_| apart.next() != Some(true));
}

/// Whether the field's values are of a type parameter that the user has bound to be tunable.
fn is_bound(generics: &Generics, field: &Field) -> bool {
    let tunable = |bound: &syn::TypeParamBound| match bound {
        syn::TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|segment| segment.ident == "Tunable")
        }
        _ => false,
    };
    let name = field.meaning.leaf.as_ref().and_then(Shape::name);
    let mut params = generics.type_params();
    params.any(|param| {
        name.as_ref().is_some_and(|name| param.ident == name) && param.bounds.iter().any(tunable)
    })
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
