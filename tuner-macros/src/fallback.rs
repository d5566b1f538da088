//! What an item gets after a mistake: a stub that does nothing, so that nothing else is reported but
//! what the compiler finds in the fields that are sound.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Type};

use crate::ast::{Container, Reader};
use crate::ctxt::Ctxt;
use crate::expand::{self, Rest};

/// The errors, and an implementation whose handle is never made.
pub(crate) fn expand(
    input: &DeriveInput,
    errors: Option<syn::Error>,
    container: Option<&Container<'_>>,
) -> TokenStream {
    let errors = errors.map(syn::Error::into_compile_error);
    let Some(container) = container else {
        return errors.unwrap_or_default();
    };
    let Rest {
        generics,
        handle,
        inside,
        statements,
    } = expand::rest(container);
    let (ident, space, krate) = (&input.ident, &container.space, &container.krate);
    let (params, args, bounds) = generics.split_for_impl();
    let private = quote!(#krate::__private);
    let (builder, build) = match &input.data {
        Data::Struct(_) => builder(input, container, &generics),
        _ => Default::default(),
    };
    quote! {
        #errors
        #handle
        #builder
        #[allow(unused, deprecated, long_running_const_eval, clippy::all)]
        const _: () = {
            use #private as __t;
            #inside
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
                fn settle(&mut self, _: &mut __t::Reader<'_>, _: __t::How) -> __t::Settled {
                    __t::core::unreachable!()
                }
            }
            #build
            #[automatically_derived]
            impl #params __t::Tunable for #ident #args #bounds {
                type Space = #space #args;
                fn space() -> #space #args {
                    #statements
                    __t::core::unreachable!()
                }
            }
        };
    }
}

/// The builder of a struct, and what it does: nothing.
fn builder(
    input: &DeriveInput,
    container: &Container<'_>,
    generics: &syn::Generics,
) -> (TokenStream, TokenStream) {
    let (vis, ident, krate) = (&input.vis, &input.ident, &container.krate);
    let (space, builder) = (&container.space, &container.builder);
    let (params, args, bounds) = generics.split_for_impl();
    let setters = setters(input);
    let structure = quote! {
        #[allow(missing_docs, dead_code, deprecated)]
        #vis struct #builder #generics #bounds {
            __seal: #krate::__private::core::marker::PhantomData<fn() -> #ident #args>,
        }
    };
    let implementations = quote! {
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
    };
    (structure, implementations)
}

/// What the fields of a struct would have in its builder, so that their use is not reported.
fn setters(input: &DeriveInput) -> Vec<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Vec::new();
    };
    let errors = Ctxt::default();
    let reader = Reader::of(&errors, input);
    let named = || {
        data.fields
            .iter()
            .filter_map(|field| Some((field, field.ident.as_ref()?)))
    };
    // The two of them have one setter, which has been reported.
    let has_build = named().any(|(_, own)| own.unraw() == "build");
    let own = named().filter(|(_, own)| !(has_build && *own == "build_"));
    let setters = own.filter_map(|(field, own)| {
        let ty: Type = reader.written_out(&field.ty)?;
        let signature = expand::builder::signature(&field.vis, own, &ty);
        let this = expand::this();
        Some(quote!(#signature { #this }))
    });
    setters.collect()
}
