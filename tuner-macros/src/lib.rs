//! The `#[tunable]` attribute and the `Tunable` derive; use them through the `tuner` crate.
//!
//! Three rooms, one direction: `attr` reads the syntax of `#[hp(...)]`, `ast` and `check` give it a
//! meaning and collect every mistake, `expand` writes tokens. After a mistake `fallback` writes a
//! stub, so that the mistakes are all that the compiler reports.

mod ast;
mod attr;
mod attribute;
mod check;
mod ctxt;
mod docs;
mod expand;
mod fallback;
mod literal;
mod shown;
#[cfg(test)]
mod snapshots;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct or an enum a search space.
///
/// Adds `#[derive(Tunable)]`; `#[tunable(space = A, builder = B, crate = path)]` renames what is
/// generated (an enum has no builder) and says where the `tuner` crate is.
#[proc_macro_attribute]
pub fn tunable(options: TokenStream, item: TokenStream) -> TokenStream {
    attribute::expand(options.into(), item.into()).into()
}

/// Writes the search space of a struct or an enum; added by `#[tunable]`.
#[proc_macro_derive(Tunable, attributes(hp))]
pub fn derive_tunable(input: TokenStream) -> TokenStream {
    derived(&parse_macro_input!(input as DeriveInput)).into()
}

fn derived(input: &DeriveInput) -> proc_macro2::TokenStream {
    if let Some(again) = attribute::after_derive(&input.attrs) {
        return again.into_compile_error();
    }
    let errors = ctxt::Ctxt::default();
    let container = ast::Container::of(&errors, input);
    match (container, errors.finish()) {
        (Some(container), Ok(())) => expand::expand(&container),
        (container, errors) => fallback::expand(input, errors.err(), container.as_ref()),
    }
}
