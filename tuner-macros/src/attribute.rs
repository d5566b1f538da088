//! The thin attribute `#[tunable]`: it adds the derive and hands its options over.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Attribute;
use syn::parse::Parser;

use crate::attr::Options;

/// `#[tunable(space = A)] struct S {..}` becomes
/// `#[derive(::tuner::__private::Tunable)] #[hp(space = A)] struct S {..}`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    if !is_type(item.clone()) {
        let message = "`#[tunable]` goes on a struct or an enum";
        let error = match item.clone().into_iter().find(is_word) {
            Some(word) => syn::Error::new(word.span(), message),
            None => syn::Error::new(Span::call_site(), message),
        };
        let error = error.into_compile_error();
        return quote!(#error #item);
    }
    if let Some(again) = second(item.clone()) {
        let error = twice(again).into_compile_error();
        return quote!(#error #item);
    }
    let (parsed, error) = match Options::parse.parse2(options.clone()) {
        Ok(parsed) => (parsed, None),
        Err(error) => (Options::default(), Some(error.into_compile_error())),
    };
    let krate = parsed.krate();
    let span = Span::call_site();
    let derive = quote_spanned!(span=> #[derive(#krate::__private::Tunable)]);
    let options = (error.is_none() && !options.is_empty()).then(|| quote!(#[hp(#options)]));
    quote!(#error #derive #options #item)
}

/// The mistake of `#[derive(Tunable)] #[tunable]`, where the attribute goes on to add the derive.
pub(crate) fn after_derive(attributes: &[Attribute]) -> Option<syn::Error> {
    let words = attributes
        .iter()
        .filter_map(|attribute| attribute.path().segments.last());
    let mut words = words.map(|segment| &segment.ident);
    words
        .find(|word| *word == "tunable")
        .map(|again| twice(again.span()))
}

fn twice(again: Span) -> syn::Error {
    syn::Error::new(
        again,
        "`#[tunable]` adds `#[derive(Tunable)]` itself; keep one",
    )
}

/// Where the item is made tunable once more: by `#[tunable]` or by `#[derive(Tunable)]`.
fn second(item: TokenStream) -> Option<Span> {
    let mut tokens = item.into_iter();
    while let Some(TokenTree::Punct(punct)) = tokens.next()
        && punct.as_char() == '#'
        && let Some(TokenTree::Group(attribute)) = tokens.next()
    {
        let path = words(attribute.stream());
        let again = match path.first() {
            Some(first) if first == "derive" => derived(attribute.stream()),
            _ => path.into_iter().find(|word| word == "tunable"),
        };
        if let Some(again) = again {
            return Some(again.span());
        }
    }
    None
}

/// `Tunable` in `derive(.., Tunable)`.
fn derived(attribute: TokenStream) -> Option<Ident> {
    let lists = attribute.into_iter().filter_map(|token| match token {
        TokenTree::Group(list) => Some(words(list.stream())),
        _ => None,
    });
    lists.flatten().find(|word| word == "Tunable")
}

fn words(tokens: TokenStream) -> Vec<Ident> {
    let words = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word),
        _ => None,
    });
    words.collect()
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
