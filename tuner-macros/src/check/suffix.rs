//! Literals that name another type than the field's: `1u8` where that is `u16`.

use syn::{Expr, Lit, Type};

use crate::ast::Reader;
use crate::attr::{Key, Keys};
use crate::literal::Number;
use crate::types::Shape;

/// Notes each literal whose suffix is the name of another number than what the key asks for.
pub(super) fn check(reader: &Reader<'_>, keys: &Keys, leaf: &Type) {
    for entry in &keys.entries {
        let Some(value) = &entry.value else { continue };
        match (entry.key, Shape::name(leaf)) {
            (Key::Fixed | Key::Name, _) => {}
            (Key::Len, _) => walk(reader, value, &syn::parse_quote!(usize), "usize"),
            (_, Some(name)) => walk(reader, value, leaf, &name),
            _ => {}
        }
    }
}

fn walk(reader: &Reader<'_>, value: &Expr, leaf: &Type, name: &str) {
    let all = |values: &mut dyn Iterator<Item = &Expr>| {
        values.for_each(|value| walk(reader, value, leaf, name));
    };
    match value {
        Expr::Group(group) => walk(reader, &group.expr, leaf, name),
        Expr::Paren(paren) => walk(reader, &paren.expr, leaf, name),
        Expr::Reference(reference) => walk(reader, &reference.expr, leaf, name),
        Expr::Unary(unary) => walk(reader, &unary.expr, leaf, name),
        Expr::Range(range) => all(&mut [&range.start, &range.end]
            .into_iter()
            .flatten()
            .map(|end| &**end)),
        Expr::Array(array) => all(&mut array.elems.iter()),
        // The arguments of any other function have types of their own.
        Expr::Call(call) if is_some(&call.func) => all(&mut call.args.iter()),
        Expr::Lit(literal) => {
            let (digits, suffix) = match &literal.lit {
                Lit::Int(int) => (int.base10_digits(), int.suffix()),
                Lit::Float(float) => (float.base10_digits(), float.suffix()),
                _ => return,
            };
            if suffix.is_empty() || suffix == name || !is_number_of(value, leaf) {
                return;
            }
            let dot = match Shape::of(leaf) {
                Shape::Float if !digits.contains(['.', 'e', 'E']) => ".0",
                _ => "",
            };
            let message = format!(
                "`{digits}{suffix}` is a number of `{suffix}`, and `{name}` is asked for: write `{digits}{dot}`"
            );
            reader.errors.on(value, message);
        }
        _ => {}
    }
}

fn is_some(function: &Expr) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|segment| segment.ident == "Some")
}

/// Whether the literal would be a number of the type without its suffix; of others another check speaks.
fn is_number_of(literal: &Expr, leaf: &Type) -> bool {
    let Some(number) = Number::of(literal) else {
        return false;
    };
    match Shape::of(leaf) {
        Shape::Int { high, .. } => !number.is_float && !Number::whole(high).is_below(number),
        Shape::Float => number.is_float,
        _ => false,
    }
}
