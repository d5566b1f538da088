//! `impl Tunable`: the handle with all that the keys allow, and the checks of constants.

use proc_macro2::TokenStream;
use quote::quote;

use super::Item;
use super::assert::Asserts;
use crate::ast::Field;

/// `impl Tunable for Mlp { type Space = MlpSpace; fn space() -> MlpSpace { MlpSpace { .. } } }`
pub(crate) fn of_struct(item: &Item<'_>, fields: &[Field]) -> TokenStream {
    let mut asserts = Asserts::of(item);
    let handles = handles(fields, &mut asserts);
    let (_, seal) = item.seal();
    let has_parts = fields.iter().any(Field::is_tuned);
    let members = quote!(#(#handles)* __seal: #seal);
    implementation(item, &asserts, members, has_parts)
}

/// `units: <Vec<usize> as Fits<len<int>>>::handle(..),` for each field that is tuned.
pub(crate) fn handles(fields: &[Field], asserts: &mut Asserts<'_>) -> Vec<TokenStream> {
    let tuned = fields.iter().filter(|field| field.is_tuned());
    tuned
        .map(|field| {
            let (name, handle) = (&field.ident, field.handle(asserts));
            quote!(#name: #handle,)
        })
        .collect()
}

/// The implementation, whose handle has these members; parts learn where they stand.
pub(crate) fn implementation(
    item: &Item<'_>,
    asserts: &Asserts<'_>,
    members: TokenStream,
    has_parts: bool,
) -> TokenStream {
    let (ident, space) = (item.container.ident, &item.container.space);
    let (params, args, bounds) = item.generics.split_for_impl();
    let (constants, inside) = (asserts.constants(), asserts.inside());
    let made = quote!(#space { #members });
    let made = if has_parts {
        quote!(__t::standing(#made))
    } else {
        made
    };
    quote! {
        #constants
        impl #params __t::Tunable for #ident #args #bounds {
            type Space = #space #args;
            fn space() -> #space #args {
                #inside
                #made
            }
        }
    }
}
