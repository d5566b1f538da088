//! `default`: a value of the field's type, looked into as far as lists, options and literals show.

use quote::quote;
use syn::{Expr, ExprLit, ExprMacro, ExprRepeat, Lit, Type};

use super::numeric::{Bound, Range};
use super::{Kind, Layer, choices, is_string};
use crate::ast::Reader;
use crate::shown::shown;
use crate::types::Shape;

/// A default value, taken apart.
pub(crate) enum Default {
    /// A number, or one of the choices.
    Leaf(Bound),
    /// The elements of a list, and how often they stand in it.
    List(Vec<Default>, usize),
    /// The element of a list that only the compiler can count.
    Repeat(Box<Default>, Expr),
    /// The brackets, what they hold, and how often.
    Array(syn::token::Bracket, Vec<Default>, usize),
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
    leaf: &Type,
    kind: &Kind,
    len: Option<&Range>,
) -> Option<Default> {
    let walk = Walk {
        reader,
        leaf,
        kind,
        len,
    };
    walk.of(value, layers)
}

struct Walk<'a> {
    reader: &'a Reader<'a>,
    /// The type of one value.
    leaf: &'a Type,
    kind: &'a Kind,
    len: Option<&'a Range>,
}

impl Walk<'_> {
    fn of(&self, value: &Expr, layers: &[Layer]) -> Option<Default> {
        match value {
            Expr::Group(group) => return self.of(&group.expr, layers),
            Expr::Paren(paren) => return self.of(&paren.expr, layers),
            _ => {}
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
                None => match repeated(value) {
                    Some(repeat) => {
                        let element = Box::new(self.of(&repeat.expr, inner)?);
                        Some(Default::Repeat(element, *repeat.len))
                    }
                    None => Some(Default::Whole(value.clone())),
                },
            },
            Layer::Array => {
                let bracket = match value {
                    Expr::Array(array) => array.bracket_token,
                    Expr::Repeat(repeat) => repeat.bracket_token,
                    _ => return Some(Default::Whole(value.clone())),
                };
                match elements(value) {
                    Some((elements, times)) => {
                        let all = self.all(&elements, inner)?;
                        Some(Default::Array(bracket, all, times))
                    }
                    None => Some(Default::Whole(value.clone())),
                }
            }
            Layer::Option => match value {
                _ if is_of_option(value, "None") => Some(Default::None),
                Expr::Call(call) if is_of_option(&call.func, "Some") && call.args.len() == 1 => {
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
            let plural = if count == 1 { "" } else { "s" };
            let message = format!(
                "the default has {count} element{plural}, and `len` allows {}",
                len.shown()
            );
            self.reader.errors.on(value, message);
            return None;
        }
        Some(())
    }

    fn leaf(&self, value: &Expr) -> Option<Default> {
        // The alias of an array takes a list; what an alias hides is left to the compiler.
        let is_list = matches!(value, Expr::Array(_) | Expr::Repeat(_));
        if is_list && matches!(Shape::of(self.leaf), Shape::Other) {
            return Some(Default::Whole(value.clone()));
        }
        let value = match self.kind {
            Kind::Choice(_) => borrowed(value, self.leaf),
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
        if number.is_float && !is_float {
            let fault = format!(
                "{text} is not a whole number; write one of `{}`",
                range.shown()
            );
            return vec![fault];
        }
        let is_whole = is_float && !number.is_float;
        let kind = is_whole.then(|| format!("{text} is a whole number: write `{text}.0`"));
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
        _ => elements(&inside_of_vec(value)?),
    }
}

/// `[a; N]` or `vec![a; N]`.
fn repeated(value: &Expr) -> Option<ExprRepeat> {
    match value {
        Expr::Repeat(repeat) => Some(repeat.clone()),
        _ => repeated(&inside_of_vec(value)?),
    }
}

fn inside_of_vec(value: &Expr) -> Option<Expr> {
    let Expr::Macro(ExprMacro { mac, .. }) = value else {
        return None;
    };
    let body = &mac.tokens;
    let is_vec = mac.path.is_ident("vec");
    is_vec.then(|| syn::parse2(quote!([#body])).ok()).flatten()
}

/// How often a literal repeats an element; a list too long to be written out is made at run time.
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

/// The text in `"b".to_string()` and `String::from(NAME)`: choices are listed as `&str`.
fn borrowed<'a>(value: &'a Expr, leaf: &Type) -> &'a Expr {
    let text = match value {
        Expr::MethodCall(call) if call.args.is_empty() => {
            let makes = ["to_string", "to_owned", "into"];
            (makes.iter().any(|name| call.method == name)).then_some(&*call.receiver)
        }
        Expr::Call(call) if call.args.len() == 1 && is_from(&call.func) => Some(&call.args[0]),
        _ => None,
    };
    // An alias may hide a `String`, a `&str` cannot be one.
    let is_borrowed = |text: &&Expr| match Shape::of(leaf) {
        Shape::Text => false,
        _ if is_string(leaf) => super::text(text).is_some() || matches!(text, Expr::Path(_)),
        _ => super::text(text).is_some(),
    };
    text.filter(is_borrowed).unwrap_or(value)
}

fn is_from(function: &Expr) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "from")
}

/// Whether a path is `None` or `Some` of the standard library: the word alone, or `Option::None`.
fn is_of_option(expr: &Expr, variant: &str) -> bool {
    let Expr::Path(path) = expr else { return false };
    let segments = &path.path.segments;
    let is_plain = segments.iter().all(|segment| segment.arguments.is_none());
    let mut words = segments.iter().rev().map(|segment| &segment.ident);
    let is_named = words.next().is_some_and(|word| word == variant);
    is_plain && is_named && words.next().is_none_or(|owner| owner == "Option")
}
