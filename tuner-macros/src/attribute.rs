//! The thin attribute `#[tunable]`: it adds the derive and hands its options over.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::Parser;

use crate::attr::Options;

/// `#[tunable(space = A)] struct S {..}` becomes
/// `#[derive(::tuner::__private::Tunable)] #[hp(space = A)] struct S {..}`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    if !is_type(item.clone()) {
        let message = "`#[tunable]` goes on a struct or an enum";
        let error = match item.clone().into_iter().find(is_word) {
            Some(word) => syn::Error::new(word.span(), message),
            None => syn::Error::new(proc_macro2::Span::call_site(), message),
        };
        let error = error.into_compile_error();
        return quote!(#error #item);
    }
    let (parsed, error) = match Options::parse.parse2(options.clone()) {
        Ok(parsed) => (parsed, None),
        Err(error) => (Options::default(), Some(error.into_compile_error())),
    };
    let krate = parsed.krate();
    let span = proc_macro2::Span::call_site();
    let derive = quote_spanned!(span=> #[derive(#krate::__private::Tunable)]);
    let options = (error.is_none() && !options.is_empty()).then(|| quote!(#[hp(#options)]));
    quote!(#error #derive #options #item)
}

fn is_word(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(word) if *word != "pub")
}

/// Whether the tokens declare a struct, an enum or a union, after attributes and a visibility.
fn is_type(item: TokenStream) -> bool {
    let mut tokens = item.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                tokens.next();
            }
            TokenTree::Ident(word) if word == "pub" => {
                let restricted = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
                tokens.next_if(restricted);
            }
            TokenTree::Ident(word) => return word == "struct" || word == "enum" || word == "union",
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {}
            _ => return false,
        }
    }
    false
}
