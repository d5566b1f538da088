//! Enums: a choice of names, or variants with a sub-handle each.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{GenericParam, Ident};

use super::assert::Asserts;
use super::{Item, docs_or, local, space, this, tunable};
use crate::ast::{Field, Shape, Variant, generated};

/// `pub type ActivationSpace = EnumParam<Activation>;` and `impl Unit for Activation`.
pub(crate) fn units(item: &Item<'_>, variants: &[Variant]) -> TokenStream {
    let (vis, ident, space) = (
        item.container.vis,
        item.container.ident,
        &item.container.space,
    );
    let (params, args, bounds) = item.generics.split_for_impl();
    let private = &item.private;
    let docs = format!(" The search space of [`{ident}`]: one of its variants.");
    let alias_params = without_bounds(item);
    let (names, root) = (names(variants), root(item));
    let idents: Vec<&Ident> = variants.iter().map(|variant| &variant.ident).collect();
    let places: Vec<_> = (0..idents.len()).map(Literal::usize_unsuffixed).collect();
    let (last, firsts) = idents
        .split_last()
        .expect("an enum without variants is refused before");
    let first_places = &places[..firsts.len()];
    let (this, index, silent) = (this(), local("index"), item.silent());
    let inside = item.hidden(&[quote! {
        impl #params __t::Unit for #ident #args #bounds {
            const ROOT: &'static str = #root;
            const NAMES: &'static [&'static str] = &[#(#names),*];
            #[inline]
            fn index(&#this) -> usize {
                match #this { #(Self::#idents {} => #places,)* }
            }
            #[inline]
            fn at(#index: usize) -> Self {
                match #index { #(#first_places => Self::#firsts {},)* _ => Self::#last {} }
            }
        }
        #[automatically_derived]
        impl #params __t::Tunable for #ident #args #bounds {
            type Space = __t::EnumParam<Self>;
            #[inline]
            fn space() -> __t::EnumParam<Self> {
                __t::EnumParam::new()
            }
        }
    }]);
    quote! {
        #[doc = #docs]
        #silent
        #vis type #space #alias_params = #private::EnumParam<#ident #args>;
        #inside
    }
}

/// `pub struct OptimizerSpace { pub Sgd: .., __tag: Tag }`, `OptimizerVariant`, and the rest.
pub(crate) fn mixed(item: &Item<'_>, variants: &[Variant]) -> TokenStream {
    let beside = [structure(item, variants), names_of_variants(item, variants)];
    let mut asserts = Asserts::of(item);
    let members = members(item, variants, &mut asserts);
    let has_parts = variants
        .iter()
        .any(|v| v.fields().iter().any(Field::is_tuned));
    let inside = item.hidden(&[
        sub_handles(item, variants),
        handle(item, variants),
        methods(item, &variant_enum(item).into_token_stream()),
        tunable::implementation(item, &asserts, members, has_parts),
    ]);
    quote!(#(#beside)* #inside)
}

/// The handle of an enum with mistakes, with what stands beside it, and what belongs to it.
pub(crate) fn rest(item: &Item<'_>, variants: &[Variant]) -> (TokenStream, TokenStream) {
    let handle = structure(item, variants);
    if variants.iter().all(|v| matches!(v.shape, Shape::Unit)) {
        let (ident, (_, args, _)) = (item.container.ident, item.generics.split_for_impl());
        return (handle, methods(item, &quote!(#ident #args)));
    }
    let names = names_of_variants(item, variants);
    let methods = methods(item, &variant_enum(item).into_token_stream());
    let sub_handles = sub_handles(item, variants);
    (quote!(#handle #names), quote!(#sub_handles #methods))
}

fn structure(item: &Item<'_>, variants: &[Variant]) -> TokenStream {
    let (vis, ident, space) = (
        item.container.vis,
        item.container.ident,
        &item.container.space,
    );
    let (generics, private) = (&item.generics, &item.private);
    let (_, args, bounds) = item.generics.split_for_impl();
    let fields = variants.iter().enumerate().filter_map(|(index, variant)| {
        let place = Literal::usize_unsuffixed(index);
        let name = generated(&variant.ident);
        let docs = docs_or(&variant.docs, &format!(" What `{}` may be.", variant.name));
        let ty = match &variant.shape {
            Shape::Newtype(field) => field.handle_type(private),
            _ if has_handle(variant) => quote!(<#ident #args as #private::Variant<#place>>::Fields),
            _ => return None,
        };
        Some(quote!(#docs #vis #name: #ty,))
    });
    let docs = format!(
        " The search space of [`{ident}`]: which variants, and what each of them may hold."
    );
    let silent = item.silent();
    let seal = has_seal(item).then(|| {
        let (seal, _) = item.seal();
        quote!(#[doc(hidden)] __seal: #seal,)
    });
    quote! {
        #[doc = #docs]
        #silent
        #vis struct #space #generics #bounds {
            #(#fields)*
            #[doc(hidden)]
            __tag: #private::Tag,
            #seal
        }
    }
}

/// `pub enum OptimizerVariant { Adam, Sgd }`
fn names_of_variants(item: &Item<'_>, variants: &[Variant]) -> TokenStream {
    let (vis, ident, private) = (item.container.vis, item.container.ident, &item.private);
    let (name, silent) = (variant_enum(item), item.silent());
    let docs = format!(" The variants of [`{ident}`] without what they hold.");
    let variants = variants.iter().map(|variant| {
        let own = generated(&variant.ident);
        let docs = docs_or(&variant.docs, &format!(" The variant `{}`.", variant.name));
        quote!(#docs #own)
    });
    quote! {
        #[doc = #docs]
        #silent
        #[derive(#private::fmt::Debug, #private::Clone)]
        #[derive(#private::Copy, #private::PartialEq)]
        #[derive(#private::Eq)]
        #vis enum #name { #(#variants),* }
    }
}

/// `pub struct __SgdSpace { pub momentum: .., }` for each variant with fields.
fn sub_handles(item: &Item<'_>, variants: &[Variant]) -> TokenStream {
    let (vis, ident) = (item.container.vis, item.container.ident);
    let structs = variants.iter().enumerate().map(|(index, variant)| {
        let Shape::Named(fields) = &variant.shape else {
            return TokenStream::new();
        };
        if !has_handle(variant) {
            return TokenStream::new();
        }
        let item = item.with(fields.iter());
        let generics = &item.generics;
        let (params, args, bounds) = generics.split_for_impl();
        let (seal, _) = item.seal();
        let (name, place) = (sub_handle(variant), Literal::usize_unsuffixed(index));
        let members = space::members(&item, fields, Some(vis));
        let (own, out) = (&variant.ident, local("out"));
        let derive = item.derive();
        let derives = derive.is_none().then(|| {
            let clones = fields.iter().filter_map(space::clone);
            let debug = quote!(__t::fmt::Formatter::write_str(#out, __t::core::stringify!(#own)));
            item.derives(&name, clones, true, &debug)
        });
        quote! {
            #derive
            #vis struct #name #generics #bounds { #(#members)* __seal: #seal }
            #derives
            impl #params __t::Variant<#place> for #ident #args #bounds {
                type Fields = #name #args;
            }
        }
    });
    quote!(#(#structs)*)
}

/// The members of the handle in `space()`.
fn members(item: &Item<'_>, variants: &[Variant], asserts: &mut Asserts<'_>) -> TokenStream {
    let (_, seal) = item.seal();
    let sealed = has_seal(item).then(|| quote!(__seal: #seal,));
    let handles: Vec<_> = variants
        .iter()
        .filter(|variant| has_handle(variant))
        .map(|variant| {
            let own = &variant.ident;
            match &variant.shape {
                Shape::Newtype(field) => {
                    let handle = field.handle(asserts);
                    quote!(#own: #handle,)
                }
                _ => {
                    let name = sub_handle(variant);
                    let handles = tunable::handles(variant.fields(), asserts);
                    quote!(#own: #name { #(#handles)* __seal: #seal },)
                }
            }
        })
        .collect();
    let (names, root) = (names(variants), root(item));
    quote! {
        #(#handles)*
        __tag: __t::Tag::new(#root, &[#(#names),*]),
        #sealed
    }
}

fn handle(item: &Item<'_>, variants: &[Variant]) -> TokenStream {
    let (ident, space) = (item.container.ident, &item.container.space);
    let (params, args, bounds) = item.generics.split_for_impl();
    let (this, scope, from, to) = (this(), local("scope"), local("from"), local("to"));
    let (value, how, tag) = (local("value"), local("how"), local("variants"));
    let clones = variants
        .iter()
        .filter(|variant| has_handle(variant))
        .map(|variant| {
            let own = &variant.ident;
            quote!(#own: __t::Clone::clone(&#this.#own),)
        })
        .chain([quote!(__tag: __t::Clone::clone(&#this.__tag),)]);
    let derives = item.derives(space, clones, has_seal(item), &space::debug());
    let arms: Vec<Arms> = variants
        .iter()
        .enumerate()
        .map(|(i, v)| Arms::of(i, v))
        .collect();
    let arms_count = arms.len();
    let (outer, stands) = (local("name"), stands(variants));
    let stand_tag = match stands.is_empty() {
        true => quote!(__t::Tag::stand(&mut #this.__tag, #outer);),
        false => quote!(let #outer = __t::Tag::stand(&mut #this.__tag, #outer);),
    };
    let declares = arms.iter().map(|arms| &arms.declare);
    let reads = arms.iter().enumerate().map(|(index, arms)| {
        let read = &arms.read;
        // There is no index beyond the last, so the last arm takes all that is left.
        let place = Literal::usize_unsuffixed(index);
        match index + 1 == arms_count {
            true => quote!(_ => #read,),
            false => quote!(#place => #read,),
        }
    });
    let writes = arms.iter().map(|arms| &arms.write);
    let settles = arms.iter().map(|arms| &arms.settle);
    quote! {
        #derives
        impl #params __t::Handle for #space #args #bounds {
            type Value = #ident #args;
            fn stand(&mut #this, #outer: &str) {
                #stand_tag
                #(#stands)*
            }
            fn declare(&#this, #scope: __t::Scope<'_>) -> __t::Declared {
                let mut #tag = #this.__tag.declare(#scope);
                #(#declares)*
                __t::Ok(())
            }
            #[inline]
            fn read(&#this, #from: &mut __t::Reader<'_>) -> __t::Read<Self::Value> {
                __t::Ok(match #this.__tag.read(#from)? { #(#reads)* })
            }
            #[inline]
            fn write(&#this, #value: &Self::Value, #to: __t::Writer<'_>) {
                match #value { #(#writes)* }
            }
            fn settle(&mut #this, #from: &mut __t::Reader<'_>, #how: __t::How) -> __t::Settled {
                match __t::Tag::settle(&mut #this.__tag, #from, #how)? { #(#settles)* _ => {} }
                __t::Ok(())
            }
        }
    }
}

/// `__t::stand(&mut self.Sgd.schedule, name, "Sgd.schedule");` for what variants hold.
fn stands(variants: &[Variant]) -> Vec<TokenStream> {
    let (this, outer) = (this(), local("name"));
    let each = variants.iter().flat_map(|variant| {
        let (own, name) = (&variant.ident, &variant.name);
        let stands: Vec<_> = match &variant.shape {
            Shape::Newtype(field) => {
                let stand = quote!(__t::stand(&mut #this.#own, #outer, #name););
                vec![field.placed(stand)]
            }
            _ => {
                let fields = variant.fields().iter();
                let owner = quote!(#this.#own);
                fields
                    .filter_map(|field| space::stand(field, &owner, name))
                    .collect()
            }
        };
        stands
    });
    each.collect()
}

/// What one variant adds to each method of the handle.
struct Arms {
    declare: TokenStream,
    read: TokenStream,
    write: TokenStream,
    settle: TokenStream,
}

impl Arms {
    fn of(index: usize, variant: &Variant) -> Self {
        let (own, this, tag) = (&variant.ident, this(), local("variants"));
        let (scope, from, to, how) = (local("scope"), local("from"), local("to"), local("how"));
        let (owner, place) = (quote!(#this.#own), Literal::usize_unsuffixed(index));
        let (declare, read, pattern, write, settle);
        match &variant.shape {
            Shape::Newtype(_) => {
                let inner = local("inner");
                declare = Some(quote!(__t::Handle::declare(&#owner, #scope)?;));
                read = quote!(Self::Value::#own(__t::read(&#owner, #from)?));
                pattern = quote!(Self::Value::#own(#inner));
                write = quote!(__t::Handle::write(&#owner, #inner, #this.__tag.write(#place, #to)));
                settle = Some(quote!(__t::settle(&mut #owner, #from, #how)?));
            }
            _ => {
                let fields = variant.fields();
                let locals: Vec<Ident> = (0..fields.len())
                    .map(|i| local(&format!("field_{i}")))
                    .collect();
                let names = fields.iter().map(|field| &field.ident);
                let declares: Vec<_> = fields
                    .iter()
                    .filter_map(|f| space::declare(f, &owner))
                    .collect();
                let reads = fields.iter().map(|field| space::read(field, &owner));
                let writes: Vec<_> = fields
                    .iter()
                    .zip(&locals)
                    .filter_map(|(field, local)| space::write(field, &owner, quote!(#local)))
                    .collect();
                let settles: Vec<_> = fields
                    .iter()
                    .filter_map(|f| space::settle(f, &owner))
                    .collect();
                declare = (!declares.is_empty()).then(|| quote!(#(#declares)*));
                read = quote!(Self::Value::#own { #(#reads)* });
                pattern = quote!(Self::Value::#own { #(#names: #locals),* });
                write = match writes.is_empty() {
                    true => quote!(__t::write_variant(&#this.__tag, #place, #to)),
                    false => quote!({
                        let mut #to = #this.__tag.write(#place, #to);
                        #(#writes)*
                    }),
                };
                settle = (!settles.is_empty()).then(|| quote!({ #(#settles)* }));
            }
        }
        Self {
            declare: declare.map_or_else(TokenStream::new, |body| {
                quote! {
                    if let __t::Some(mut #scope) = __t::Variants::variant(&mut #tag, #place) { #body }
                }
            }),
            read,
            write: quote!(#pattern => #write,),
            settle: settle.map_or_else(TokenStream::new, |body| {
                quote! {
                    __t::Some(#place) => #body,
                }
            }),
        }
    }
}

/// `only` and `fix` of the handle; `name` is the type that names variants.
fn methods(item: &Item<'_>, name: &TokenStream) -> TokenStream {
    let (vis, ident, space) = (
        item.container.vis,
        item.container.ident,
        &item.container.space,
    );
    let (params, args, bounds) = item.generics.split_for_impl();
    let (this, variants) = (this(), local("variants"));
    let (value, variant) = (local("value"), local("variant"));
    quote! {
        impl #params #space #args #bounds {
            /// Allows only these variants. A default that is none of them becomes the first that
            /// is left.
            ///
            /// # Errors
            /// When one of them is not allowed, or there is none; then nothing changes.
            #vis fn only(
                &mut #this,
                #variants: impl __t::IntoIterator<Item = #name>,
            ) -> __t::Narrowed<&mut Self> {
                __t::Tag::only(&mut #this.__tag, #variants, |#variant| #variant as usize)?;
                __t::Ok(#this)
            }
            /// Allows only this value.
            ///
            /// # Errors
            /// When it is not allowed; then nothing changes.
            #vis fn fix(&mut #this, #value: #ident #args) -> __t::Narrowed<&mut Self> {
                __t::Handle::fix(#this, #value)
            }
        }
    }
}

/// Whether parameters have to be used; the private tag ends the handle well enough.
fn has_seal(item: &Item<'_>) -> bool {
    !item.params.is_empty()
}

fn has_handle(variant: &Variant) -> bool {
    variant.fields().iter().any(|field| field.is_tuned())
}

fn names(variants: &[Variant]) -> Vec<&str> {
    variants.iter().map(|variant| &*variant.name).collect()
}

fn variant_enum(item: &Item<'_>) -> Ident {
    generated(&format_ident!("{}Variant", item.container.ident))
}

fn sub_handle(variant: &Variant) -> Ident {
    format_ident!("__{}Space", variant.ident.unraw())
}

/// The name of the parameter when the enum is the whole space: `optimizer` for `Optimizer`.
fn root(item: &Item<'_>) -> String {
    let mut name = String::new();
    let mut was_lower = false;
    for letter in item.container.ident.unraw().to_string().chars() {
        if letter.is_uppercase() && was_lower {
            name.push('_');
        }
        was_lower = !letter.is_uppercase();
        name.extend(letter.to_lowercase());
    }
    name
}

/// The parameters of a type alias, which have no bounds.
fn without_bounds(item: &Item<'_>) -> TokenStream {
    let params = item
        .container
        .generics
        .params
        .iter()
        .map(|param| match param {
            GenericParam::Lifetime(param) => {
                let lifetime = &param.lifetime;
                quote!(#lifetime)
            }
            GenericParam::Type(param) => {
                let ident = &param.ident;
                quote!(#ident)
            }
            GenericParam::Const(param) => {
                let (ident, ty) = (&param.ident, &param.ty);
                quote!(const #ident: #ty)
            }
        });
    quote!(<#(#params),*>)
}
