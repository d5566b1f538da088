//! `default`: a value of the field's type, looked into as far as lists, options and literals show.

use quote::quote;
use syn::{Expr, ExprLit, ExprMacro, Lit};

use super::numeric::{Bound, Range, shown};
use super::{Kind, Layer, choices};
use crate::ast::Reader;

/// A default value, taken apart.
pub(crate) enum Default {
    /// A number, or one of the choices.
    Leaf(Bound),
    /// The elements of a list, and how often they stand in it.
    List(Vec<Default>, usize),
    /// The brackets, and what they hold.
    Array(syn::token::Bracket, Vec<Default>),
    Some(Box<Default>),
    None,
    /// An expression of the field's type.
    Whole(Expr),
}

/// Reads the default of a field with these layers.
pub(crate) fn of(
    reader: &Reader<'_>,
    value: &Expr,
    layers: &[Layer],
    kind: &Kind,
    len: Option<&Range>,
) -> Option<Default> {
    Walk { reader, kind, len }.of(value, layers)
}

struct Walk<'a> {
    reader: &'a Reader<'a>,
    kind: &'a Kind,
    len: Option<&'a Range>,
}

impl Walk<'_> {
    fn of(&self, value: &Expr, layers: &[Layer]) -> Option<Default> {
        if let Expr::Group(group) = value {
            return self.of(&group.expr, layers);
        }
        let Some((layer, inner)) = layers.split_first() else {
            return self.leaf(value);
        };
        if matches!(value, Expr::Lit(_)) {
            let write = match layer {
                Layer::List | Layer::Array => format!("`[{}]`", shown(value)),
                Layer::Option => format!("`Some({})` or `None`", shown(value)),
            };
            let message = format!("`default` is a value of the field's type: write {write}");
            self.reader.errors.on(value, message);
            return None;
        }
        match layer {
            Layer::List => match elements(value) {
                Some((elements, times)) => {
                    self.length(value, elements.len() * times)?;
                    let elements = self.all(&elements, inner)?;
                    Some(Default::List(elements, times))
                }
                None => Some(Default::Whole(value.clone())),
            },
            Layer::Array => match value {
                Expr::Array(array) => {
                    let elements: Vec<Expr> = array.elems.iter().cloned().collect();
                    let all = self.all(&elements, inner)?;
                    Some(Default::Array(array.bracket_token, all))
                }
                _ => Some(Default::Whole(value.clone())),
            },
            Layer::Option => match (name(value).as_deref(), value) {
                (Some("None"), _) => Some(Default::None),
                (_, Expr::Call(call))
                    if name(&call.func).as_deref() == Some("Some") && call.args.len() == 1 =>
                {
                    Some(Default::Some(Box::new(self.of(&call.args[0], inner)?)))
                }
                _ => Some(Default::Whole(value.clone())),
            },
        }
    }

    fn all(&self, elements: &[Expr], layers: &[Layer]) -> Option<Vec<Default>> {
        // Every element is looked at, so that each mistake is reported.
        let checked: Vec<_> = elements
            .iter()
            .map(|element| self.of(element, layers))
            .collect();
        checked.into_iter().collect()
    }

    fn length(&self, value: &Expr, count: usize) -> Option<()> {
        let Some(len) = self.len else { return Some(()) };
        let (Some(low), Some(high)) = (len.low.number, len.high.number) else {
            return Some(());
        };
        let own = crate::literal::Number::whole(count as i128);
        if own.is_below(low) || high.is_below(own) {
            let message = format!(
                "the default has {count} elements, and `len` allows {}",
                len.shown()
            );
            self.reader.errors.on(value, message);
            return None;
        }
        Some(())
    }

    fn leaf(&self, value: &Expr) -> Option<Default> {
        let value = match self.kind {
            Kind::Choice(_) => borrowed(value),
            _ => value,
        };
        let bound = Bound::of(value);
        let faults = match self.kind {
            Kind::Bare | Kind::Fixed(_) => return Some(Default::Whole(value.clone())),
            Kind::Int(range) => self.number(range, &bound, false),
            Kind::Float(range) => self.number(range, &bound, true),
            Kind::Choice(choices) => match choices::lists(choices, value) {
                Some(false) => vec![format!(
                    "the default {} is none of the choices",
                    shown(value)
                )],
                _ => Vec::new(),
            },
        };
        for fault in &faults {
            self.reader.errors.on(value, fault);
        }
        faults.is_empty().then_some(Default::Leaf(bound))
    }

    fn number(&self, range: &Range, bound: &Bound, is_float: bool) -> Vec<String> {
        let Some(number) = bound.number else {
            return Vec::new();
        };
        let text = bound.shown();
        let kind = (number.is_float != is_float).then(|| match is_float {
            true => format!("{text} is a whole number: write `{text}.0`"),
            false => format!("{text} is not a whole number"),
        });
        let place = range.refuses(number);
        let place = place.map(|refusal| format!("the default {text} {refusal}"));
        kind.into_iter().chain(place).collect()
    }
}

/// The elements of `[a, b]` or `vec![a, b]`, and how often they stand there: `vec![a; 3]`.
fn elements(value: &Expr) -> Option<(Vec<Expr>, usize)> {
    match value {
        Expr::Array(array) => Some((array.elems.iter().cloned().collect(), 1)),
        Expr::Repeat(repeat) => Some((vec![(*repeat.expr).clone()], times(&repeat.len)?)),
        Expr::Macro(ExprMacro { mac, .. }) if mac.path.is_ident("vec") => {
            let body = &mac.tokens;
            elements(&syn::parse2(quote!([#body])).ok()?)
        }
        _ => None,
    }
}

/// How often a literal repeats an element; a list too long to be written out is left to the runtime.
fn times(len: &Expr) -> Option<usize> {
    const LONGEST: usize = 1_000;
    let Expr::Lit(ExprLit {
        lit: Lit::Int(len), ..
    }) = len
    else {
        return None;
    };
    len.base10_parse().ok().filter(|&len| len <= LONGEST)
}

/// The text in `"b".to_string()` and `String::from("b")`: choices are listed as `&str`.
fn borrowed(value: &Expr) -> &Expr {
    let text = match value {
        Expr::MethodCall(call) if call.args.is_empty() => {
            let makes = ["to_string", "to_owned", "into"];
            (makes.iter().any(|name| call.method == name)).then_some(&*call.receiver)
        }
        Expr::Call(call) if call.args.len() == 1 && name(&call.func).as_deref() == Some("from") => {
            Some(&call.args[0])
        }
        _ => None,
    };
    text.filter(|text| super::text(text).is_some())
        .unwrap_or(value)
}

/// The last word of a path.
fn name(expr: &Expr) -> Option<String> {
    let Expr::Path(path) = expr else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}
