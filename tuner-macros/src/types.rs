//! What a field's type shows by its spelling alone; everything else is left to traits.
//!
//! Only primitives and the standard library's own `Vec<..>` and `Option<..>` with one argument count
//! as evident. A user's type of the same name has no argument, or agrees through its traits.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Ident, PathArguments, PathSegment, Type};

/// The spelling of a type.
#[derive(Clone, Copy)]
pub(crate) enum Shape<'a> {
    /// A whole number with its smallest and largest value.
    Int {
        low: i128,
        high: i128,
    },
    Int128,
    Float,
    Bool,
    Text,
    /// A text that does not live as long as the choices do.
    ShortText,
    Vec(&'a Type),
    Option(&'a Type),
    Array(&'a Type),
    /// Tuples, slices, pointers and the like, which no key fits.
    Hopeless,
    Other,
}

impl<'a> Shape<'a> {
    pub(crate) fn of(ty: &'a Type) -> Self {
        match ty {
            Type::Group(group) => Self::of(&group.elem),
            Type::Paren(paren) => Self::of(&paren.elem),
            Type::Array(array) => Self::Array(&array.elem),
            Type::Reference(reference) => {
                let is_str = Self::name(&reference.elem).as_deref() == Some("str");
                let is_static = |lifetime: &syn::Lifetime| lifetime.ident == "static";
                match is_str && reference.mutability.is_none() {
                    true if reference.lifetime.as_ref().is_some_and(is_static) => Self::Text,
                    true => Self::ShortText,
                    false => Self::Hopeless,
                }
            }
            Type::Tuple(_) | Type::Slice(_) | Type::Ptr(_) | Type::FnPtr(_) | Type::Never(_) => {
                Self::Hopeless
            }
            Type::Path(_) => Self::of_path(ty),
            _ => Self::Other,
        }
    }

    fn of_path(ty: &'a Type) -> Self {
        if let Some((name, inner)) = Self::generic(ty) {
            return match name.as_str() {
                "Vec" => Self::Vec(inner),
                "Option" => Self::Option(inner),
                _ => Self::Other,
            };
        }
        let int = |low: i128, high: i128| Self::Int { low, high };
        match Self::name(ty).as_deref() {
            Some("i8") => int(i8::MIN.into(), i8::MAX.into()),
            Some("i16") => int(i16::MIN.into(), i16::MAX.into()),
            Some("i32") => int(i32::MIN.into(), i32::MAX.into()),
            Some("i64" | "isize") => int(i64::MIN.into(), i64::MAX.into()),
            Some("u8") => int(0, u8::MAX.into()),
            Some("u16") => int(0, u16::MAX.into()),
            Some("u32") => int(0, u32::MAX.into()),
            Some("u64" | "usize") => int(0, u64::MAX.into()),
            Some("i128" | "u128") => Self::Int128,
            Some("f32" | "f64") => Self::Float,
            Some("bool") => Self::Bool,
            Some("char") => Self::Hopeless,
            _ => Self::Other,
        }
    }

    /// The name of a type that is a single word.
    pub(crate) fn name(ty: &Type) -> Option<String> {
        let Type::Path(path) = ty else { return None };
        Some(
            path.path
                .get_ident()
                .filter(|_| path.qself.is_none())?
                .to_string(),
        )
    }

    fn generic(ty: &'a Type) -> Option<(String, &'a Type)> {
        let Type::Path(path) = ty else { return None };
        if path.qself.is_some()
            || path.path.leading_colon.is_some()
            || path.path.segments.len() != 1
        {
            return None;
        }
        let segment = &path.path.segments[0];
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return None;
        };
        match (arguments.args.len(), arguments.args.first()) {
            (1, Some(GenericArgument::Type(inner))) => Some((segment.ident.to_string(), inner)),
            _ => None,
        }
    }
}

/// The type as it reads in a message.
pub(crate) fn spelled(ty: &Type) -> String {
    let text = ty.to_token_stream().to_string();
    let mut tight = String::new();
    for word in text.split(' ') {
        let joined = tight.ends_with(['<', '&', ':', '[', '(']) || tight.is_empty();
        if !joined && !word.starts_with(['<', '>', ':', ',', ';', ']', ')']) {
            tight.push(' ');
        }
        tight.push_str(word);
    }
    tight
}

/// Whether a type holds the item with this name: as itself, as an element, or in a list, an option or
/// a box. A longer path is another type, another type's argument may only name the item, and the
/// length of an array holds nothing.
pub(crate) fn holds(ty: &Type, item: &Ident) -> bool {
    match ty {
        Type::Group(group) => holds(&group.elem, item),
        Type::Paren(paren) => holds(&paren.elem, item),
        Type::Array(array) => holds(&array.elem, item),
        Type::Slice(slice) => holds(&slice.elem, item),
        Type::Reference(reference) => holds(&reference.elem, item),
        Type::Tuple(tuple) => tuple.elems.iter().any(|elem| holds(elem, item)),
        Type::Path(path) => {
            let segments = &path.path.segments;
            let is_word = path.qself.is_none() && path.path.leading_colon.is_none();
            let is_item = is_word && segments.len() == 1 && segments[0].ident == *item;
            is_item || segments.last().is_some_and(|last| has_argument(last, item))
        }
        _ => false,
    }
}

fn has_argument(segment: &PathSegment, item: &Ident) -> bool {
    let holders = ["Vec", "Option", "Box", "Rc", "Arc"];
    if !holders.iter().any(|holder| segment.ident == holder) {
        return false;
    }
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return false;
    };
    let held = |argument: &GenericArgument| match argument {
        GenericArgument::Type(ty) => holds(ty, item),
        _ => false,
    };
    arguments.args.iter().any(held)
}

/// The tokens with their lifetimes left out; `None` when there is none.
pub(crate) fn without_lifetimes(tokens: TokenStream) -> Option<TokenStream> {
    let (mut rest, mut is_found) = (TokenStream::new(), false);
    let mut tokens = tokens.into_iter();
    while let Some(mut token) = tokens.next() {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                is_found = true;
                tokens.next();
                continue;
            }
            TokenTree::Group(group) => {
                if let Some(inner) = without_lifetimes(group.stream()) {
                    is_found = true;
                    token = Group::new(group.delimiter(), inner).into();
                }
            }
            _ => {}
        }
        rest.extend([token]);
    }
    is_found.then_some(rest)
}

/// Whether one of the words occurs in the tokens.
pub(crate) fn mentions(tokens: impl ToTokens, words: &[String]) -> bool {
    fn any(tokens: TokenStream, words: &[String]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Group(group) => any(group.stream(), words),
            TokenTree::Ident(ident) => words.iter().any(|word| ident == word),
            _ => false,
        })
    }
    any(tokens.to_token_stream(), words)
}
