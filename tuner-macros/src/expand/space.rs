//! The handle of a struct: `MlpSpace`, and how it declares, reads, writes and settles its fields.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Item, docs_or, local, this};
use crate::ast::Field;
use crate::check::Kind;

/// `pub struct MlpSpace { pub units: Param<Vec<usize>, len<int>>, __seal: () }`
pub(crate) fn structure(item: &Item<'_>, fields: &[Field]) -> TokenStream {
    let (vis, space, ident) = (
        item.container.vis,
        &item.container.space,
        item.container.ident,
    );
    let generics = &item.generics;
    let bounds = &generics.where_clause;
    let members = members(item, fields, None);
    let (seal, _) = item.seal();
    let docs = format!(
        "The search space of [`{ident}`]: narrow its fields, then search it or build values of it."
    );
    quote! {
        #[doc = #docs]
        #[allow(dead_code, non_snake_case, trivial_bounds, private_bounds, unreachable_pub)]
        #vis struct #space #generics #bounds {
            #(#members)*
            #[doc(hidden)]
            __seal: #seal,
        }
    }
}

/// The handles of fields as members of a struct, with their own visibility or another one.
pub(crate) fn members(
    item: &Item<'_>,
    fields: &[Field],
    vis: Option<&syn::Visibility>,
) -> Vec<TokenStream> {
    let tuned = fields.iter().filter(|field| field.is_tuned());
    tuned
        .map(|field| {
            let sentence = format!("What `{}` may be.", field.name);
            let (docs, vis) = (docs_or(&field.docs, &sentence), vis.unwrap_or(&field.vis));
            let (name, ty) = (field.at_type(), field.handle_type(&item.private));
            quote!(#docs #vis #name: #ty,)
        })
        .collect()
}

/// `impl Clone`, `impl Debug`, `impl Display` and `impl Handle for MlpSpace`.
pub(crate) fn handle(item: &Item<'_>, fields: &[Field]) -> TokenStream {
    let (ident, space) = (item.container.ident, &item.container.space);
    let (params, args, bounds) = item.generics.split_for_impl();
    let (this, scope, from, to) = (this(), local("scope"), local("from"), local("to"));
    let (value, how) = (local("value"), local("how"));
    let clones = fields.iter().filter_map(clone);
    let declares = fields.iter().map(|field| declare(field, &this));
    let reads = fields.iter().map(|field| read(field, &this));
    let settles = fields.iter().map(|field| settle(field, &this));
    let writes = fields.iter().map(|field| {
        let own = &field.ident;
        write(field, &this, quote!(&#value.#own))
    });
    let (_, seal) = item.seal();
    let shown = shown(item);
    quote! {
        impl #params __tuner::Clone for #space #args #bounds {
            fn clone(&#this) -> Self {
                Self { #(#clones)* __seal: #seal }
            }
        }
        #shown
        impl #params __tuner::Handle for #space #args #bounds {
            type Value = #ident #args;
            fn declare(&#this, mut #scope: __tuner::Scope<'_>) -> __tuner::Declared {
                #(#declares)*
                __tuner::Ok(())
            }
            fn read(&#this, #from: &mut __tuner::Reader<'_>) -> __tuner::Read<Self::Value> {
                __tuner::Ok(#ident { #(#reads)* })
            }
            fn write(&#this, #value: &Self::Value, mut #to: __tuner::Writer<'_>) {
                #(#writes)*
            }
            fn settle(&mut #this, #from: &mut __tuner::Reader<'_>, #how: __tuner::Settle) -> __tuner::Read<()> {
                #(#settles)*
                __tuner::Ok(())
            }
        }
    }
}

/// `impl Debug` and `impl Display`: the summary of the space.
pub(crate) fn shown(item: &Item<'_>) -> TokenStream {
    let space = &item.container.space;
    let (params, args, bounds) = item.generics.split_for_impl();
    let (this, out) = (this(), local("out"));
    let body = quote! {
        fn fmt(&#this, #out: &mut __tuner::fmt::Formatter<'_>) -> __tuner::fmt::Result {
            __tuner::show(#this, #out)
        }
    };
    quote! {
        impl #params __tuner::fmt::Debug for #space #args #bounds { #body }
        impl #params __tuner::fmt::Display for #space #args #bounds { #body }
    }
}

/// `units: self.units.clone(),`
pub(crate) fn clone(field: &Field) -> Option<TokenStream> {
    let (this, name) = (this(), &field.ident);
    field
        .is_tuned()
        .then(|| quote!(#name: __tuner::Clone::clone(&#this.#name),))
}

/// `self.units.declare(scope.field("units"))?;`
pub(crate) fn declare(field: &Field, owner: &TokenStream) -> Option<TokenStream> {
    let (scope, ident, name) = (local("scope"), &field.ident, &field.name);
    field
        .is_tuned()
        .then(|| quote!(#owner.#ident.declare(#scope.field(#name))?;))
}

/// `units: self.units.read(from)?,` or `classes: 10,`
pub(crate) fn read(field: &Field, owner: &TokenStream) -> TokenStream {
    let (from, ident) = (local("from"), &field.ident);
    match &field.meaning.kind {
        Kind::Fixed(value) => quote!(#ident: #value,),
        _ => {
            let read = field.placed(quote!(#owner.#ident.read(#from)?));
            quote!(#ident: #read,)
        }
    }
}

/// `self.units.write(&value.units, to.field("units"));`
pub(crate) fn write(field: &Field, owner: &TokenStream, value: TokenStream) -> Option<TokenStream> {
    let (to, ident, name) = (local("to"), &field.ident, &field.name);
    field
        .is_tuned()
        .then(|| quote!(#owner.#ident.write(#value, #to.field(#name));))
}

/// `self.units.settle(from, how)?;`
pub(crate) fn settle(field: &Field, owner: &TokenStream) -> Option<TokenStream> {
    let (from, how, ident) = (local("from"), local("how"), &field.ident);
    field
        .is_tuned()
        .then(|| quote!(#owner.#ident.settle(#from, #how)?;))
}
