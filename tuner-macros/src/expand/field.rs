//! One field: its marker, the type of its handle, and the expression that makes the handle.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Type, WherePredicate};

use super::assert::Asserts;
use crate::ast::Field;
use crate::check::{Bound, Default, Kind, Range, Scale, Wrap, is_string};
use crate::types::mentions;

impl Field {
    /// Whether the field has a handle.
    pub(crate) fn is_tuned(&self) -> bool {
        !matches!(self.meaning.kind, Kind::Fixed(_))
    }

    /// The keys as a type: `len<int>`.
    pub(crate) fn markers(&self, private: &TokenStream) -> TokenStream {
        let kind = self.kind();
        let wraps = self.meaning.wraps.iter().rev();
        let markers = wraps.fold(quote!(#private::#kind), |inner, wrap| match wrap {
            Wrap::Len(_) => quote!(#private::len<#inner>),
            Wrap::Optional => quote!(#private::optional<#inner>),
        });
        respan(markers, self.span())
    }

    /// The kind as a type.
    fn kind(&self) -> TokenStream {
        match &self.meaning.kind {
            Kind::Int(_) => quote!(int),
            Kind::Float(_) => quote!(float),
            Kind::Choice(_) => quote!(choice),
            Kind::Bare | Kind::Fixed(_) => quote!(bare),
        }
    }

    /// `Block: TunableField`, where the spelling of the type does not show that it agrees with its
    /// keys.
    ///
    /// The compiler speaks of a bound that cannot hold, unless it stands under `for<'__t>`. So it does
    /// where bounds are constants, of which it has spoken already: of a type that does not fit they have
    /// none. Where the type depends on the item's parameters, a bound would hide which type they have.
    pub(crate) fn bound(&self, params: &[String], private: &TokenStream) -> Option<WherePredicate> {
        let (ty, fits) = self.fit(private);
        let kind = match &self.meaning.kind {
            _ if self.meaning.is_evident => return None,
            Kind::Bare => quote!(TunableField),
            _ if mentions(ty, params) => return None,
            Kind::Int(_) => quote!(IntField),
            Kind::Float(_) => quote!(FloatField),
            Kind::Choice(_) => quote!(ChoiceField),
            Kind::Fixed(_) => return None,
        };
        let span = self.leaf_span();
        let bound = match &self.meaning.leaf {
            Some(_) => respan(quote!(#private::#kind), span),
            None => fits,
        };
        let is_bare = matches!(self.meaning.kind, Kind::Bare);
        let silent = (!is_bare).then(|| respan(quote!(for<'__t>), span));
        Some(syn::parse_quote_spanned!(span=> #silent #ty: #bound))
    }

    /// The part of the type that has to agree with keys, and `Fits<int>` for those keys.
    fn fit(&self, private: &TokenStream) -> (&Type, TokenStream) {
        let (ty, markers) = match &self.meaning.leaf {
            Some(leaf) => {
                let kind = self.kind();
                (leaf, quote!(#private::#kind))
            }
            None => (&self.ty, self.markers(private)),
        };
        let fits = respan(quote!(#private::Fits<#markers>), self.leaf_span());
        (ty, fits)
    }

    /// The type of the handle, every token at the field's type: that is where a misfit is reported.
    pub(crate) fn handle_type(&self, private: &TokenStream) -> TokenStream {
        if let Some(known) = self.known_handle_type(private) {
            return respan(known, self.span());
        }
        // Of a type that is not found the compiler says more where it is an argument of another one than
        // where the field stands, and what differs is a second error.
        let (ty, markers) = (&self.ty, self.markers(private));
        let fits = match &self.meaning.kind {
            Kind::Bare if self.meaning.wraps.is_empty() => quote!(#private::Fits),
            _ => quote!(#private::Fits<#markers>),
        };
        let fits = respan(fits, self.span());
        quote_spanned!(self.span()=> <#ty as #fits>::Handle)
    }

    /// The type of the handle where the field's spelling shows it: `ListParam<IntParam<usize>>`.
    fn known_handle_type(&self, private: &TokenStream) -> Option<TokenStream> {
        let is_known = self.meaning.is_evident && !self.meaning.has_array;
        let leaf = self.meaning.leaf.as_ref().filter(|_| is_known)?;
        let value = match &self.meaning.kind {
            Kind::Int(_) => quote!(#private::IntParam<#leaf>),
            Kind::Float(_) => quote!(#private::FloatParam<#leaf>),
            Kind::Choice(_) => quote!(#private::ChoiceParam<#leaf>),
            Kind::Bare => quote!(#private::BoolParam),
            Kind::Fixed(_) => return None,
        };
        let wraps = self.meaning.wraps.iter().rev();
        Some(wraps.fold(value, |inner, wrap| match wrap {
            Wrap::Len(_) => quote!(#private::ListParam<#inner>),
            Wrap::Optional => quote!(#private::OptionParam<#inner>),
        }))
    }

    /// The handle: `made(len(1, 3, int(32, 512)))`, or `make::<Widths, len<int>>(..)` for an alias.
    pub(crate) fn handle(&self, asserts: &mut Asserts<'_>) -> TokenStream {
        let private = quote!(__t);
        let (ty, markers) = (&self.ty, self.markers(&private));
        let spec = self.spec(asserts);
        let make = || {
            let (make, spec) = (
                respan(quote!(#private::make), self.span()),
                self.placed(quote!((#spec))),
            );
            quote_spanned!(self.span()=> #make::<#ty, #markers> #spec)
        };
        let handle = match self.known_handle_type(&private) {
            Some(_) => quote!(#private::made(#spec)),
            None => make(),
        };
        match &self.meaning.default {
            None => handle,
            Some(Default::Leaf(_)) if self.meaning.is_plain => handle,
            Some(default) => {
                let default = self.default(default, asserts);
                quote!(#private::with_default(#handle, #default))
            }
        }
    }

    /// The field's name, placed at its type.
    pub(crate) fn at_type(&self) -> proc_macro2::Ident {
        let mut name = self.ident.clone();
        name.set_span(self.span());
        name
    }

    /// The same tokens at the field's type, where a misfit is reported once for all of them.
    pub(crate) fn placed(&self, tokens: TokenStream) -> TokenStream {
        place(tokens, self.ty.span())
    }

    /// Where the field's type begins.
    fn span(&self) -> Span {
        self.ty.span().resolved_at(Span::call_site())
    }

    /// Where the type of one value begins, as far as it is seen.
    fn leaf_span(&self) -> Span {
        let leaf = self.meaning.leaf.as_ref().unwrap_or(&self.ty);
        leaf.span().resolved_at(Span::call_site())
    }

    fn spec(&self, asserts: &mut Asserts<'_>) -> TokenStream {
        let leaf = match &self.meaning.leaf {
            Some(leaf) if self.meaning.is_evident && is_string(leaf) => quote!(&'static str),
            Some(leaf) if self.meaning.is_evident => leaf.to_token_stream(),
            _ => {
                let (ty, fits) = self.fit(&quote!(__t));
                quote_spanned!(self.leaf_span()=> <#ty as #fits>::Leaf)
            }
        };
        asserts.begin(leaf, self.meaning.is_evident, self.leaf_span());
        if !matches!(self.meaning.kind, Kind::Bare) {
            asserts.fits();
        }
        let plain_default = match &self.meaning.default {
            Some(Default::Leaf(bound)) if self.meaning.is_plain => {
                let default = self.leaf(bound, asserts);
                quote!(.default(#default))
            }
            _ => TokenStream::new(),
        };
        let spec = match &self.meaning.kind {
            Kind::Bare | Kind::Fixed(_) => quote!(()),
            Kind::Int(range) => {
                let range = self.range(range, asserts);
                quote!(__t::int #range #plain_default)
            }
            Kind::Float(range) => {
                let range = self.range(range, asserts);
                quote!(__t::float #range #plain_default)
            }
            Kind::Choice(choices) => {
                let listed = asserts.choices(choices);
                let unordered = choices.unordered.then(|| quote!(.unordered()));
                quote!(__t::choice(#listed) #unordered #plain_default)
            }
        };
        let wraps = self.meaning.wraps.iter().rev();
        wraps.fold(spec, |each, wrap| match wrap {
            Wrap::Optional => each,
            Wrap::Len(range) => {
                let (low, high) = asserts.len(range);
                quote!(__t::len(#low, #high, #each))
            }
        })
    }

    fn range(&self, range: &Range, asserts: &mut Asserts<'_>) -> TokenStream {
        let is_float = matches!(self.meaning.kind, Kind::Float(_));
        let (low, high, step) = asserts.range(range, is_float);
        let step = step.map(|step| quote!(.step(#step)));
        let scale = match range.scale {
            Scale::Linear => TokenStream::new(),
            Scale::Log => quote!(.log()),
            Scale::ReverseLog => quote!(.reverse_log()),
        };
        quote!((#low, #high) #step #scale)
    }

    /// A default number or choice, checked.
    fn leaf(&self, bound: &Bound, asserts: &mut Asserts<'_>) -> TokenStream {
        match &self.meaning.kind {
            Kind::Int(range) => asserts.default(bound, range, false),
            Kind::Float(range) => asserts.default(bound, range, true),
            Kind::Choice(choices) => asserts.chosen(bound, choices),
            Kind::Bare | Kind::Fixed(_) => bound.expr.to_token_stream(),
        }
    }

    /// A default of the field's type.
    fn default(&self, default: &Default, asserts: &mut Asserts<'_>) -> TokenStream {
        match default {
            Default::Leaf(bound) => {
                let leaf = self.leaf(bound, asserts);
                match &self.meaning.kind {
                    Kind::Choice(_) => quote!(__t::choose(#leaf)),
                    _ => leaf,
                }
            }
            Default::List(elements, times) => {
                let elements: Vec<_> = elements.iter().map(|e| self.default(e, asserts)).collect();
                let all = std::iter::repeat_n(elements, *times).flatten();
                quote!(__t::list([#(#all),*]))
            }
            Default::Repeat(element, times) => {
                let element = self.default(element, asserts);
                quote!(__t::repeat(#element, #times))
            }
            Default::Array(bracket, elements, times) => {
                let elements: Vec<_> = elements.iter().map(|e| self.default(e, asserts)).collect();
                let all = std::iter::repeat_n(elements, *times).flatten();
                let mut array = TokenStream::new();
                bracket.surround(&mut array, |inner| inner.extend(quote!(#(#all),*)));
                array
            }
            Default::Some(inner) => {
                let inner = self.default(inner, asserts);
                quote!(__t::Some(#inner))
            }
            Default::None => quote!(__t::None),
            Default::Whole(expr) => expr.to_token_stream(),
        }
    }
}

/// The same tokens, all at one place.
pub(crate) fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let respanned = tokens.into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            let inner = respan(group.stream(), span);
            token = TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inner));
        }
        token.set_span(span);
        token
    });
    respanned.collect()
}

/// The same tokens at one place, each as visible as before.
pub(super) fn place(tokens: TokenStream, span: Span) -> TokenStream {
    let placed = tokens.into_iter().map(|mut token| {
        let at = span.resolved_at(token.span());
        if let TokenTree::Group(group) = &token {
            let inner = place(group.stream(), span);
            token = TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inner));
        }
        token.set_span(at);
        token
    });
    placed.collect()
}
