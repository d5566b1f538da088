//! What an item gets after a mistake: a stub that does nothing, so that nothing else is reported.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput};

use crate::attr::Options;
use crate::ctxt::Ctxt;

/// The errors, and an implementation whose handle is never made.
pub(crate) fn expand(input: &DeriveInput, errors: Option<syn::Error>) -> TokenStream {
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
    let (vis, generics) = (&input.vis, &input.generics);
    let (params, args, bounds) = generics.split_for_impl();
    let private = quote!(#krate::__private);
    let value = quote!(#private::core::marker::PhantomData<fn() -> #ident #args>);
    quote! {
        #errors
        #[allow(missing_docs, dead_code)]
        #vis struct #space #generics #bounds { __seal: #value }
        #[allow(missing_docs, dead_code)]
        #vis struct #builder #generics #bounds { __seal: #value }
        #[allow(unused, clippy::all)]
        const _: () = {
            use #private as __tuner;
            impl #params __tuner::Clone for #space #args #bounds {
                fn clone(&self) -> Self {
                    __tuner::core::unreachable!()
                }
            }
            impl #params __tuner::Handle for #space #args #bounds {
                type Value = #ident #args;
                fn declare(&self, _: __tuner::Scope<'_>) -> __tuner::Declared {
                    __tuner::core::unreachable!()
                }
                fn read(&self, _: &mut __tuner::Reader<'_>) -> __tuner::Read<Self::Value> {
                    __tuner::core::unreachable!()
                }
                fn write(&self, _: &Self::Value, _: __tuner::Writer<'_>) {}
                fn settle(&mut self, _: &mut __tuner::Reader<'_>, _: __tuner::Settle) -> __tuner::Read<()> {
                    __tuner::core::unreachable!()
                }
            }
            impl #params __tuner::Build for #space #args #bounds {
                type Builder = #builder #args;
                fn build_from(&self, _: #ident #args) -> #builder #args {
                    __tuner::core::unreachable!()
                }
            }
            #[automatically_derived]
            impl #params __tuner::Tunable for #ident #args #bounds {
                type Space = #space #args;
                fn space() -> Self::Space {
                    __tuner::core::unreachable!()
                }
            }
        };
    }
}
