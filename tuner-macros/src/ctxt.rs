//! The mistakes of one item, collected so that all of them are reported in one compile.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;

/// Collects mistakes while an item is read.
#[derive(Default)]
pub(crate) struct Ctxt {
    errors: RefCell<Option<syn::Error>>,
}

impl Ctxt {
    /// Notes a mistake on these tokens.
    pub(crate) fn on(&self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Notes a mistake at this place.
    pub(crate) fn at(&self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// Notes an error of the parser.
    pub(crate) fn add(&self, error: syn::Error) {
        let mut errors = self.errors.borrow_mut();
        match &mut *errors {
            Some(errors) => errors.combine(error),
            None => *errors = Some(error),
        }
    }

    /// How many mistakes there are so far.
    pub(crate) fn count(&self) -> usize {
        let errors = self.errors.borrow();
        errors
            .as_ref()
            .map_or(0, |error| error.clone().into_iter().count())
    }

    /// All mistakes as one error.
    pub(crate) fn finish(self) -> syn::Result<()> {
        self.errors.into_inner().map_or(Ok(()), Err)
    }
}
