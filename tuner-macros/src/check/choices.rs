//! `choice`: a list of values, as far as literals show what is wrong.

use syn::{Expr, ExprLit, ExprRange, Lit, Type};

use super::text;
use crate::ast::Reader;
use crate::attr::{Key, Keys};
use crate::literal::Number;
use crate::shown::shown;
use crate::types::{Shape, spelled};

/// What there is to choose from.
pub(crate) struct Choices {
    /// A list in brackets, or a constant.
    pub(crate) list: Expr,
    /// The elements, when they are all literals.
    pub(crate) literals: Option<Vec<Expr>>,
    pub(crate) unordered: bool,
}

/// A literal that can be chosen.
enum Literal {
    Bool(bool),
    Text(String),
    Number(Number),
}

impl Literal {
    fn of(expr: &Expr) -> Option<Self> {
        if let Some(text) = text(expr) {
            return Some(Self::Text(text));
        }
        match expr {
            Expr::Lit(ExprLit {
                lit: Lit::Bool(value),
                ..
            }) => Some(Self::Bool(value.value)),
            _ => Number::of(expr).map(Self::Number),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a bool",
            Self::Text(_) => "a text",
            Self::Number(number) if number.is_float => "a real number",
            Self::Number(_) => "a whole number",
        }
    }

    /// Whether both are one value; real numbers are rounded before they are compared.
    fn same(&self, other: &Self, is_single: bool) -> bool {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => {
                let is_real = left.is_float && right.is_float;
                left.compare(*right).is_eq()
                    || (is_real && left.rounded(is_single) == right.rounded(is_single))
            }
            _ => false,
        }
    }
}

/// Reads `choice = [..]`.
pub(crate) fn of(
    reader: &Reader<'_>,
    value: &Expr,
    leaf: &Type,
    unordered: bool,
) -> Option<Choices> {
    let mut choices = Choices {
        list: value.clone(),
        literals: None,
        unordered,
    };
    let elements = match value {
        Expr::Group(group) => return of(reader, &group.expr, leaf, unordered),
        Expr::Paren(paren) => return of(reader, &paren.expr, leaf, unordered),
        Expr::Reference(reference) if matches!(*reference.expr, Expr::Array(_)) => {
            return of(reader, &reference.expr, leaf, unordered);
        }
        Expr::Array(array) => &array.elems,
        Expr::Lit(_) | Expr::Range(_) | Expr::Tuple(_) | Expr::Macro(_) => {
            reader.errors.on(value, not_a_list(value));
            return None;
        }
        _ => return Some(choices),
    };
    if elements.is_empty() {
        reader.errors.on(
            value,
            "there is nothing to choose from; write at least one value",
        );
        return None;
    }
    if let Some(variant) = elements.iter().find(|element| is_variant(element, leaf)) {
        let message = "an enum is a choice by itself: make it tunable, write `#[hp]` alone, and narrow it with `only`";
        reader.errors.on(variant, message);
        return None;
    }
    let is_single = is_single(leaf);
    let before = reader.errors.count();
    let mut earlier: Vec<Literal> = Vec::new();
    // A list of another type is one mistake, however many values it has.
    let mut is_foreign = false;
    for element in elements {
        let Some(literal) = Literal::of(element) else {
            continue;
        };
        if let Some(first) = earlier
            .first()
            .filter(|first| first.kind() != literal.kind())
        {
            let message = format!(
                "choices have one type: {} is {}, and the first is {}",
                shown(element),
                literal.kind(),
                first.kind()
            );
            if !is_foreign {
                reader.errors.on(element, message);
            }
            is_foreign = true;
        } else if let Some(fault) = misfit(&literal, element, leaf) {
            if !is_foreign {
                reader.errors.on(element, fault);
            }
            is_foreign = true;
        } else if earlier.iter().any(|other| other.same(&literal, is_single)) {
            reader.errors.on(
                element,
                format!("{} is listed twice; list each value once", shown(element)),
            );
        }
        earlier.push(literal);
    }
    if earlier.len() == elements.len() {
        choices.literals = Some(elements.iter().cloned().collect());
    }
    (reader.errors.count() == before).then_some(choices)
}

/// What to write instead of something that is no list.
fn not_a_list(value: &Expr) -> String {
    let asked = "`choice` asks for a list";
    if let Expr::Range(ExprRange {
        start: Some(low),
        end: Some(high),
        ..
    }) = value
    {
        let is_real = Number::of(low).is_some_and(|low| low.is_float);
        let kind = if is_real { Key::Float } else { Key::Int };
        let (low, high) = (shown(low), shown(high));
        return format!("{asked}, and this is a range: write `{kind} = {low}..={high}`");
    }
    let example = match Literal::of(value) {
        Some(Literal::Text(_)) => "[\"a\", \"b\"]",
        Some(Literal::Number(number)) if number.is_float => "[0.1, 0.01]",
        _ => "[1, 2, 4]",
    };
    format!("{asked}: write `choice = {example}` or name a constant array")
}

/// Whether a choice is a path, which may be a variant of an enum.
pub(super) fn are_named(keys: &Keys) -> bool {
    let listed = keys.get(Key::Choice).and_then(|entry| entry.value.as_ref());
    let Some(Expr::Array(listed)) = listed else {
        return false;
    };
    listed
        .elems
        .iter()
        .any(|choice| matches!(choice, Expr::Path(_)))
}

/// Whether a choice is spelled as a variant of the field's type: `Kind::Deep`.
fn is_variant(element: &Expr, leaf: &Type) -> bool {
    let (Expr::Path(path), Type::Path(owner)) = (element, leaf) else {
        return false;
    };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    let name = last.ident.to_string();
    let is_camel = name.starts_with(char::is_uppercase)
        && (name.len() == 1 || name.contains(char::is_lowercase));
    let owners = path.path.segments.iter().map(|segment| &segment.ident);
    let expected = owner.path.segments.iter().map(|segment| &segment.ident);
    is_camel && matches!(Shape::of(leaf), Shape::Other) && {
        let own: Vec<_> = owners.collect();
        own[..own.len() - 1].iter().copied().eq(expected)
    }
}

/// Whether a literal default is listed; `None` when the literals do not show it.
pub(super) fn lists(choices: &Choices, expr: &Expr) -> Option<bool> {
    let default = Literal::of(expr)?;
    let listed = choices.literals.as_ref()?;
    Some(
        listed
            .iter()
            .filter_map(Literal::of)
            .any(|choice| choice.same(&default, false)),
    )
}

fn misfit(literal: &Literal, element: &Expr, leaf: &Type) -> Option<String> {
    let text = shown(element);
    let field = spelled(leaf);
    match (Shape::of(leaf), literal) {
        (Shape::Float, Literal::Number(number)) if !number.is_float => Some(format!(
            "{text} is a whole number, and the field is `{field}`: write `{text}.0`"
        )),
        (Shape::Float, Literal::Number(number)) if !number.rounded(is_single(leaf)).is_finite() => {
            Some(format!("{text} does not fit `{field}`"))
        }
        (Shape::Int { low, high }, Literal::Number(number)) if !number.is_float => {
            let outside =
                number.is_below(Number::whole(low)) || Number::whole(high).is_below(*number);
            outside.then(|| format!("{text} does not fit `{field}`, which holds {low} to {high}"))
        }
        (Shape::Float, Literal::Number(_))
        | (Shape::Text, Literal::Text(_))
        | (Shape::Bool, Literal::Bool(_)) => None,
        (Shape::Float | Shape::Int { .. } | Shape::Text | Shape::Bool, _) => Some(format!(
            "{text} is {}, and the field is `{field}`; list values of that type",
            literal.kind()
        )),
        _ => None,
    }
}

fn is_single(leaf: &Type) -> bool {
    spelled(leaf) == "f32"
}
