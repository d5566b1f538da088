//! Bounds that are constants: each is emitted once, and each of its checks is an assertion of its
//! own, because the compiler reports only the first failure of a constant.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Expr;

use super::Item;
use super::field::{place, respan};
use crate::check::{Bound, Choices, Range, Scale, TOO_FINE};
use crate::types::mentions;

/// The constants and assertions of one item.
pub(crate) struct Asserts<'a> {
    item: &'a Item<'a>,
    /// Constants beside each other in `const _`.
    constants: Vec<TokenStream>,
    /// Constants that depend on parameters of the item: associated with its handle.
    associated: Vec<TokenStream>,
    /// Assertions in `space()`, which run where the item's parameters are known.
    inside: Vec<TokenStream>,
    count: usize,
    /// What the current field has named so far, by type and expression.
    known: Vec<(String, Named)>,
    /// The type of the bounds of the current field.
    leaf: TokenStream,
    /// Whether that is a primitive, so that literals can stand where they are used.
    is_evident: bool,
    /// Where the current field's type stands.
    place: Span,
}

/// A bound as generated code names it.
#[derive(Clone)]
struct Named {
    tokens: TokenStream,
    /// Whether its value is a literal, which the macro has checked.
    is_literal: bool,
    /// Whether it depends on parameters of the item.
    is_generic: bool,
    expr: Expr,
}

impl<'a> Asserts<'a> {
    pub(crate) fn of(item: &'a Item<'a>) -> Self {
        Self {
            item,
            constants: Vec::new(),
            associated: Vec::new(),
            inside: Vec::new(),
            count: 0,
            known: Vec::new(),
            leaf: TokenStream::new(),
            is_evident: true,
            place: Span::call_site(),
        }
    }

    /// Starts a field whose bounds have this type.
    pub(crate) fn begin(&mut self, leaf: TokenStream, is_evident: bool, place: Span) {
        self.leaf = leaf;
        self.place = place;
        self.is_evident = is_evident;
        self.known.clear();
    }

    /// Asserts that the current field's type agrees with its keys, unless that depends on the item's
    /// parameters.
    pub(crate) fn fits(&mut self) {
        if !self.is_evident && !mentions(&self.leaf, &self.item.params) {
            let leaf = &self.leaf;
            self.constants
                .push(quote_spanned!(self.place=> const _: [#leaf; 0] = [];));
        }
    }

    /// What belongs beside the implementations.
    pub(crate) fn constants(&self) -> TokenStream {
        let constants = &self.constants;
        if self.associated.is_empty() {
            return quote!(#(#constants)*);
        }
        let associated = &self.associated;
        let space = &self.item.container.space;
        let (params, args, bounds) = self.item.generics.split_for_impl();
        quote! {
            #(#constants)*
            impl #params #space #args #bounds { #(#associated)* }
        }
    }

    /// What belongs at the start of `space()`.
    pub(crate) fn inside(&self) -> TokenStream {
        let inside = &self.inside;
        quote!(#(#inside)*)
    }

    /// `len = low..=high`.
    pub(crate) fn len(&mut self, range: &Range) -> (TokenStream, TokenStream) {
        let usize_type = quote!(usize);
        // Lengths are of one type, whatever the elements are.
        let is_evident = std::mem::replace(&mut self.is_evident, true);
        let low = self.named(&range.low, &usize_type);
        let high = self.named(&range.high, &usize_type);
        self.is_evident = is_evident;
        let (least, most) = (&low.tokens, &high.tokens);
        let message = format!(
            "the range is empty: in `{}` the smaller end comes first",
            range.shown()
        );
        self.check(&[&low, &high], quote!(!(#least > #most)), &message);
        (low.tokens, high.tokens)
    }

    /// `int` or `float`: the names of low, high and step.
    pub(crate) fn range(
        &mut self,
        range: &Range,
        is_float: bool,
    ) -> (TokenStream, TokenStream, Option<TokenStream>) {
        let leaf = self.leaf.clone();
        let named = self.ends(range);
        let (low, high) = (&named.0, &named.1);
        let step = range.step.as_ref().map(|step| self.named(step, &leaf));
        let (least, most) = (self.wide(low, is_float), self.wide(high, is_float));
        let shown = range.shown();
        if is_float {
            for end in [low, high] {
                let number = self.wide(end, is_float);
                let message = format!("a bound of `{shown}` is not finite; write a finite number");
                self.check(&[end], quote!((#number).is_finite()), &message);
            }
        }
        let message = format!("the range is empty: in `{shown}` the smaller end comes first");
        let in_order = match is_float {
            true => quote!(__t::checks::float_in_order(#least, #most)),
            false => quote!(#least <= #most),
        };
        self.check(&[low, high], in_order, &message);
        if range.scale != Scale::Linear {
            let message = match range.scale {
                Scale::ReverseLog => format!(
                    "`reverse_log` cannot start at 0 or below: raise the lower end of `{shown}` to the smallest distance from the upper one that matters"
                ),
                _ => format!(
                    "a log scale cannot start at 0 or below: raise the lower end of `{shown}`"
                ),
            };
            let starts = match is_float {
                true => quote!(__t::checks::float_log_starts(#least)),
                false => quote!(#least > 0),
            };
            self.check(&[low], starts, &message);
        }
        if let (Some(step), Some(written)) = (&step, &range.step) {
            let factor = range.is_geometric();
            let number = self.wide(step, is_float);
            let message = match factor {
                true => "the step leads nowhere: on a log scale it is a factor above 1",
                false => "the step leads nowhere: write one above 0",
            };
            let (leads, fits) = if is_float {
                let bytes = quote!(__t::core::mem::size_of::<#leaf>());
                (
                    quote!(__t::checks::float_step_leads(#number, #factor)),
                    quote!(__t::checks::float_on_grid(#most, #least, #number, #factor, #bytes)),
                )
            } else {
                (
                    quote!(__t::checks::int_step_leads(#number, #factor)),
                    quote!(__t::checks::int_step_fits(#least, #most, #number, #factor)),
                )
            };
            self.check(&[step], leads, message);
            if is_float {
                let bytes = quote!(__t::core::mem::size_of::<#leaf>());
                let parts =
                    quote!(__t::checks::float_step_parts(#least, #most, #number, #factor, #bytes));
                self.blame(step, &[step, low, high], parts, TOO_FINE);
            }
            let message = format!(
                "the step `{}` does not reach the end of `{shown}`: change one of them",
                written.shown()
            );
            self.blame(step, &[step, low, high], fits, &message);
        }
        (named.0.tokens, named.1.tokens, step.map(|step| step.tokens))
    }

    /// A default inside a range.
    pub(crate) fn default(&mut self, bound: &Bound, range: &Range, is_float: bool) -> TokenStream {
        let leaf = self.leaf.clone();
        let default = self.named(bound, &leaf);
        let (low, high) = self.ends(range);
        let step = range.step.as_ref().map(|step| self.named(step, &leaf));
        let [value, least, most] = [&default, &low, &high].map(|named| self.wide(named, is_float));
        let shown = range.shown();
        let message = format!("the default is outside of `{shown}`");
        let inside = match is_float {
            true => quote!(__t::checks::float_inside(#value, #least, #most)),
            false => quote!(#least > #most || (#least <= #value && #value <= #most)),
        };
        self.blame(&default, &[&default, &low, &high], inside.clone(), &message);
        if let Some(step) = &step {
            let factor = range.is_geometric();
            let number = self.wide(step, is_float);
            let fits = if is_float {
                let bytes = quote!(__t::core::mem::size_of::<#leaf>());
                quote!(__t::checks::float_on_grid(#value, #least, #number, #factor, #bytes))
            } else {
                quote!(__t::checks::int_on_grid(#value, #least, #number, #factor))
            };
            let message = format!("the default is not on the grid of `{shown}`");
            // Of a default outside the check above speaks.
            let bounds = [&default, &low, step, &high];
            self.blame(&default, &bounds, quote!(!(#inside) || #fits), &message);
        }
        default.tokens
    }

    /// A list of choices.
    pub(crate) fn choices(&mut self, choices: &Choices) -> TokenStream {
        let named = match &choices.literals {
            Some(literals) if self.is_evident => return quote!(&[#(#literals),*]),
            // Only the type says which decimals are one number.
            Some(literals) if !literals.iter().any(is_real) => return self.listed(choices).tokens,
            _ => self.listed(choices),
        };
        let (listed, leaf) = (&named.tokens, self.leaf.clone());
        // Of literals only the type knows whether they are rounded to 32 bits; in a type that is known,
        // whatever the field's is, a misfit is reported alone.
        let (holder, is_free) = match &choices.literals {
            Some(literals) => (
                quote!(__t::checks::Listed::<'_, f32>(&[#((#literals) as f64 as f32),*])),
                quote!(__t::core::mem::size_of::<#leaf>() != 4 ||),
            ),
            None => (quote!(__t::checks::Listed(#listed)), TokenStream::new()),
        };
        if choices.literals.is_none() {
            let message = "there is nothing to choose from; list at least one value";
            self.check(&[&named], quote!(!#holder.is_empty()), message);
        }
        let message = "a choice is listed twice; list each value once";
        self.check(&[&named], quote!(#is_free #holder.are_unique()), message);
        let message = "a choice is not finite; list finite numbers";
        self.check(&[&named], quote!(#is_free #holder.are_finite()), message);
        named.tokens
    }

    /// A default among the choices.
    pub(crate) fn chosen(&mut self, bound: &Bound, choices: &Choices) -> TokenStream {
        let literal = matches!(bound.expr, Expr::Lit(_)) || bound.number.is_some();
        if literal && choices.literals.is_some() {
            let leaf = self.leaf.clone();
            let known = Bound {
                expr: bound.expr.clone(),
                number: Some(crate::literal::Number::zero()),
            };
            return self.named(&known, &leaf).tokens;
        }
        let leaf = self.leaf.clone();
        // A literal is checked here too, against choices that only the compiler knows.
        let named = self.once(bound, &leaf, &bound.expr);
        let list = match &choices.literals {
            Some(literals) => Named {
                tokens: quote!(&[#(#literals),*]),
                is_literal: true,
                is_generic: false,
                expr: choices.list.clone(),
            },
            None => self.listed(choices),
        };
        let (value, listed) = (&named.tokens, &list.tokens);
        let held = quote!(__t::checks::Listed::<'_, #leaf>(#listed).hold(#value));
        let message = "the default is none of the choices";
        self.check(&[&named, &list], held, message);
        named.tokens
    }

    /// The constant that holds the choices.
    fn listed(&mut self, choices: &Choices) -> Named {
        let (list, leaf) = (&choices.list, &self.leaf);
        let ty = quote_spanned!(self.place=> &'static [#leaf]);
        let bound = Bound {
            expr: syn::parse_quote!(&#list),
            number: None,
        };
        self.once(&bound, &ty, list)
    }

    /// The bound as a number of the widest type. A literal is first rounded to the field's type, as a
    /// constant is.
    fn wide(&self, named: &Named, is_float: bool) -> TokenStream {
        let (tokens, leaf) = (&named.tokens, &self.leaf);
        match is_float {
            false => quote!((#tokens) as i128),
            true if named.is_literal && self.is_evident => quote!(((#tokens) as #leaf) as f64),
            true => quote!((#tokens) as f64),
        }
    }

    fn ends(&mut self, range: &Range) -> (Named, Named) {
        let leaf = self.leaf.clone();
        (
            self.named(&range.low, &leaf),
            self.named(&range.high, &leaf),
        )
    }

    /// The bound's name; a constant is emitted for all but literals.
    fn named(&mut self, bound: &Bound, ty: &TokenStream) -> Named {
        let Some(number) = bound.number else {
            return self.once(bound, ty, &bound.expr);
        };
        // What a real number is rounded to behind an alias, the compiler alone knows.
        if number.is_float && !self.is_evident {
            return self.once(bound, ty, &bound.expr);
        }
        // A constant of the type shows an alias that does not fit, or is too small.
        let named = (!self.is_evident).then(|| self.once(bound, ty, &bound.expr));
        Named {
            tokens: named.map_or_else(|| bound.expr.to_token_stream(), |named| named.tokens),
            is_literal: true,
            is_generic: false,
            expr: bound.expr.clone(),
        }
    }

    fn once(&mut self, bound: &Bound, ty: &TokenStream, shown: &Expr) -> Named {
        let expr = &bound.expr;
        let key = quote!(#expr: #ty).to_string();
        if let Some((_, named)) = self.known.iter().find(|(own, _)| *own == key) {
            return named.clone();
        }
        let is_generic = mentions(expr, &self.item.params) || mentions(ty, &self.item.params);
        // A parameter of the item is a name already.
        if let Expr::Path(path) = expr
            && is_generic
            && path.path.get_ident().is_some()
        {
            return Named {
                tokens: quote!(#expr),
                is_literal: false,
                is_generic,
                expr: shown.clone(),
            };
        }
        let name = format_ident!("__BOUND_{}", self.count);
        self.count += 1;
        let constant = if self.is_evident {
            quote!(const #name: #ty = #expr;)
        } else {
            // Everything but the expression is at the type: if that does not fit, only it is blamed.
            let [before, same] = [quote!(const #name:), quote!(= __t::checks::same)]
                .map(|part| respan(part, self.place));
            let mut argument = Group::new(proc_macro2::Delimiter::Parenthesis, quote!(#expr));
            argument.set_span(self.place);
            quote!(#before #ty #same #argument;)
        };
        let tokens = if is_generic {
            self.associated.push(constant);
            let space = &self.item.container.space;
            let (_, args, _) = self.item.generics.split_for_impl();
            let args = args.as_turbofish();
            quote!(#space #args::#name)
        } else {
            self.constants.push(constant);
            quote!(#name)
        };
        let named = Named {
            tokens,
            is_literal: false,
            is_generic,
            expr: shown.clone(),
        };
        self.known.push((key, named.clone()));
        named
    }

    /// Asserts a condition over bounds, reported on the first of them that is not a literal.
    fn check(&mut self, bounds: &[&Named], condition: TokenStream, message: &str) {
        if let Some(blamed) = bounds.iter().find(|bound| !bound.is_literal) {
            self.blame(blamed, bounds, condition, message);
        }
    }

    /// Asserts a condition over bounds that are not all literals, reported on one of them.
    fn blame(&mut self, blamed: &Named, bounds: &[&Named], condition: TokenStream, message: &str) {
        if bounds.iter().all(|bound| bound.is_literal) {
            return;
        }
        // Of a type that does not fit the compiler speaks once, where the type stands.
        let condition = match self.is_evident {
            true => condition,
            false => place(condition, self.place),
        };
        let assertion = assertion(&blamed.expr, condition, message);
        if bounds.iter().any(|bound| bound.is_generic) {
            self.inside.push(quote!(const { #assertion };));
        } else {
            self.constants.push(quote!(const _: () = #assertion;));
        }
    }
}

fn is_real(literal: &Expr) -> bool {
    crate::literal::Number::of(literal).is_some_and(|number| number.is_float)
}

/// `assert!(condition, message)`, from the first token of the expression to its last.
fn assertion(blamed: &Expr, condition: TokenStream, message: &str) -> TokenStream {
    let tokens: Vec<TokenTree> = blamed.to_token_stream().into_iter().collect();
    let at = |token: Option<&TokenTree>| token.map_or_else(Span::call_site, TokenTree::span);
    let (first, last) = (at(tokens.first()), at(tokens.last()));
    // The message is a format string.
    let message = message.replace('{', "{{").replace('}', "}}");
    let root = Ident::new("__t", first);
    let mut arguments = Group::new(
        proc_macro2::Delimiter::Parenthesis,
        quote!(#condition, #message),
    );
    arguments.set_span(last);
    let path = respan(quote!(::core::assert!), first);
    quote!(#root #path #arguments)
}
