//! The handle of a struct: `MlpSpace`, and how it declares, reads, writes and settles its fields.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Item, docs_or, local, this};
use crate::ast::Field;
use crate::check::Kind;

/// `pub struct MlpSpace { pub units: ListParam<IntParam<usize>>, __seal: () }`
pub(crate) fn structure(item: &Item<'_>, fields: &[Field]) -> TokenStream {
    let (vis, space, ident) = (
        item.container.vis,
        &item.container.space,
        item.container.ident,
    );
    let generics = &item.generics;
    let bounds = &generics.where_clause;
    let members = members(item, fields, None);
    let ((seal, _), silent) = (item.seal(), item.silent());
    let docs = format!(
        " The search space of [`{ident}`]: narrow its fields, then search it or build values of it."
    );
    quote! {
        #[doc = #docs]
        #silent
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
            let sentence = format!(" What `{}` may be.", field.name);
            let (docs, vis) = (docs_or(&field.docs, &sentence), vis.unwrap_or(&field.vis));
            let (name, ty) = (field.at_type(), field.handle_type(&item.private));
            quote!(#docs #vis #name: #ty,)
        })
        .collect()
}

/// `impl Handle for MlpSpace`.
pub(crate) fn handle(item: &Item<'_>, fields: &[Field]) -> TokenStream {
    let (ident, space) = (item.container.ident, &item.container.space);
    let (params, args, bounds) = item.generics.split_for_impl();
    let (this, scope, from, to) = (this(), local("scope"), local("from"), local("to"));
    let (value, how) = (local("value"), local("how"));
    let clones = fields.iter().filter_map(clone);
    let stands: Vec<_> = fields
        .iter()
        .filter_map(|field| stand(field, &this, ""))
        .collect();
    let stand = (!stands.is_empty()).then(|| {
        let outer = local("name");
        quote! {
            fn stand(&mut #this, #outer: &str) {
                #(#stands)*
            }
        }
    });
    let declares = fields.iter().map(|field| declare(field, &this));
    let reads = fields.iter().map(|field| read(field, &this));
    let settles = fields.iter().map(|field| settle(field, &this));
    let writes = fields.iter().map(|field| {
        let own = &field.ident;
        write(field, &this, quote!(&#value.#own))
    });
    let derives = item.derives(space, clones, true, &debug());
    quote! {
        #derives
        impl #params __t::Handle for #space #args #bounds {
            type Value = #ident #args;
            #stand
            fn declare(&#this, mut #scope: __t::Scope<'_>) -> __t::Declared {
                #(#declares)*
                __t::Ok(())
            }
            #[inline]
            fn read(&#this, #from: &mut __t::Reader<'_>) -> __t::Read<Self::Value> {
                __t::Ok(#ident { #(#reads)* })
            }
            #[inline]
            fn write(&#this, #value: &Self::Value, mut #to: __t::Writer<'_>) {
                #(#writes)*
            }
            fn settle(&mut #this, #from: &mut __t::Reader<'_>, #how: __t::How) -> __t::Settled {
                #(#settles)*
                __t::Ok(())
            }
        }
    }
}

/// How a handle is shown to whoever debugs it: as its summary.
pub(crate) fn debug() -> TokenStream {
    let (this, out) = (this(), local("out"));
    quote!(__t::debug(#this, #out))
}

/// `units: self.units.clone(),`
pub(crate) fn clone(field: &Field) -> Option<TokenStream> {
    let (this, name) = (this(), &field.ident);
    field
        .is_tuned()
        .then(|| quote!(#name: __t::Clone::clone(&#this.#name),))
}

/// `__t::stand(&mut self.optimizer, name, "optimizer");`
pub(crate) fn stand(field: &Field, owner: &TokenStream, variant: &str) -> Option<TokenStream> {
    let (outer, ident) = (local("name"), &field.ident);
    let name = match variant {
        "" => field.name.clone(),
        variant => format!("{variant}.{}", field.name),
    };
    field
        .is_tuned()
        .then(|| field.placed(quote!(__t::stand(&mut #owner.#ident, #outer, #name);)))
}

/// `__t::declare(&self.units, &mut scope, "units")?;`
pub(crate) fn declare(field: &Field, owner: &TokenStream) -> Option<TokenStream> {
    let (scope, ident, name) = (local("scope"), &field.ident, &field.name);
    field
        .is_tuned()
        .then(|| quote!(__t::declare(&#owner.#ident, &mut #scope, #name)?;))
}

/// `units: __t::read(&self.units, from)?,` or `classes: 10,`
pub(crate) fn read(field: &Field, owner: &TokenStream) -> TokenStream {
    let (from, ident) = (local("from"), &field.ident);
    match &field.meaning.kind {
        Kind::Fixed(value) => quote!(#ident: #value,),
        _ => {
            let read = field.placed(quote!(__t::read(&#owner.#ident, #from)?));
            quote!(#ident: #read,)
        }
    }
}

/// `__t::write(&self.units, &value.units, &mut to, "units");`
pub(crate) fn write(field: &Field, owner: &TokenStream, value: TokenStream) -> Option<TokenStream> {
    let (to, ident, name) = (local("to"), &field.ident, &field.name);
    field
        .is_tuned()
        .then(|| quote!(__t::write(&#owner.#ident, #value, &mut #to, #name);))
}

/// `__t::settle(&mut self.units, from, how)?;`
pub(crate) fn settle(field: &Field, owner: &TokenStream) -> Option<TokenStream> {
    let (from, how, ident) = (local("from"), local("how"), &field.ident);
    field
        .is_tuned()
        .then(|| quote!(__t::settle(&mut #owner.#ident, #from, #how)?;))
}
