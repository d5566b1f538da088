//! What an item gets after a mistake: a stub that does nothing, so that nothing else is reported but
//! what the compiler finds in the fields that are sound.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput};

use crate::ast::Container;
use crate::attr::Options;
use crate::ctxt::Ctxt;
use crate::expand::{self, Rest};

/// The errors, and an implementation whose handle is never made.
pub(crate) fn expand(
    input: &DeriveInput,
    errors: Option<syn::Error>,
    container: Option<&Container<'_>>,
) -> TokenStream {
    let errors = errors.map(syn::Error::into_compile_error);
    if matches!(input.data, Data::Union(_)) {
        return errors.unwrap_or_default();
    }
    let options = Options::of(&Ctxt::default(), &input.attrs);
    let krate = options.krate();
    let ident = &input.ident;
    let space = options
        .space
        .unwrap_or_else(|| format_ident!("{ident}Space"));
    let builder = options
        .builder
        .unwrap_or_else(|| format_ident!("{ident}Builder"));
    // A name that is taken has been reported.
    let free = |name: syn::Ident, taken: &[&syn::Ident]| match taken.contains(&&name) {
        true => format_ident!("__{name}"),
        false => name,
    };
    let space = free(space, &[ident]);
    let builder = free(free(builder, &[ident]), &[&space]);
    let nothing = || Rest {
        generics: input.generics.clone(),
        constants: TokenStream::new(),
        statements: TokenStream::new(),
        members: TokenStream::new(),
    };
    let Rest {
        generics,
        constants,
        statements,
        members,
    } = container.map_or_else(nothing, expand::rest);
    let vis = &input.vis;
    let (params, args, bounds) = generics.split_for_impl();
    let private = quote!(#krate::__private);
    let setters = setters(input);
    let value = quote!(#private::core::marker::PhantomData<fn() -> #ident #args>);
    quote! {
        #errors
        #[allow(missing_docs, dead_code)]
        #vis struct #space #generics #bounds { #members __seal: #value }
        #[allow(missing_docs, dead_code)]
        #vis struct #builder #generics #bounds { __seal: #value }
        #[allow(unused, clippy::all)]
        const _: () = {
            use #private as __t;
            #constants
            impl #params __t::Clone for #space #args #bounds {
                fn clone(&self) -> Self {
                    __t::core::unreachable!()
                }
            }
            impl #params __t::fmt::Debug for #space #args #bounds {
                fn fmt(&self, _: &mut __t::fmt::Formatter<'_>) -> __t::fmt::Result {
                    __t::core::unreachable!()
                }
            }
            impl #params __t::Handle for #space #args #bounds {
                type Value = #ident #args;
                fn declare(&self, _: __t::Scope<'_>) -> __t::Declared {
                    __t::core::unreachable!()
                }
                fn read(&self, _: &mut __t::Reader<'_>) -> __t::Read<Self::Value> {
                    __t::core::unreachable!()
                }
                fn write(&self, _: &Self::Value, _: __t::Writer<'_>) {}
                fn settle(&mut self, _: &mut __t::Reader<'_>, _: __t::Settle) -> __t::Read<()> {
                    __t::core::unreachable!()
                }
            }
            impl #params __t::Build for #space #args #bounds {
                type Builder = #builder #args;
                fn build_from(&self, _: #ident #args) -> #builder #args {
                    __t::core::unreachable!()
                }
            }
            impl #params #builder #args #bounds {
                #(#setters)*
                #vis fn build(self) -> __t::Read<#ident #args> {
                    __t::core::unreachable!()
                }
            }
            #[automatically_derived]
            impl #params __t::Tunable for #ident #args #bounds {
                type Space = #space #args;
                fn space() -> Self::Space {
                    #statements
                    __t::core::unreachable!()
                }
            }
        };
    }
}

/// What the fields of a struct would have in its builder, so that their use is not reported.
fn setters(input: &DeriveInput) -> Vec<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Vec::new();
    };
    let named = data.fields.iter().filter_map(|field| {
        let own = field.ident.as_ref()?;
        let signature = expand::builder::signature(&field.vis, own, &field.ty);
        let this = expand::this();
        Some(quote!(#signature { #this }))
    });
    named.collect()
}
