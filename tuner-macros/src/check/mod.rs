//! The meaning of a field: its keys together with the spelling of its type.
//!
//! What the spelling does not show is left to the compiler: types to traits, constants to `const`
//! assertions that `expand` writes.

mod choices;
mod default;
mod numeric;
mod suffix;

use quote::quote;
use syn::{Expr, Lit, Type};

pub(crate) use choices::Choices;
pub(crate) use default::Default;
pub(crate) use numeric::{Bound, Range, Scale, TOO_FINE};

use crate::ast::Reader;
use crate::attr::{Entry, Key, Keys};
use crate::ctxt::Ctxt;
use crate::types::{Shape, spelled};

/// What a field may be.
pub(crate) struct Meaning {
    pub(crate) kind: Kind,
    /// `len` and `optional`, from the outside in.
    pub(crate) wraps: Vec<Wrap>,
    pub(crate) default: Option<Default>,
    /// The type of one value, when the field's spelling shows it.
    pub(crate) leaf: Option<Type>,
    /// Whether that type is seen to fit the kind.
    pub(crate) is_evident: bool,
    /// Whether there is an array around the values.
    pub(crate) has_array: bool,
    /// Whether the field is a plain value: no list, option or array.
    pub(crate) is_plain: bool,
}

/// The kind of a parameter.
pub(crate) enum Kind {
    /// Not tuned.
    Fixed(Expr),
    /// Whatever the type says.
    Bare,
    Int(Range),
    Float(Range),
    Choice(Choices),
}

/// A list or an option around the values.
pub(crate) enum Wrap {
    Len(Box<Range>),
    Optional,
}

/// The layers of a field's type, from the outside in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    List,
    Option,
    Array,
}

/// The meaning of a field with these keys; mistakes are noted.
pub(crate) fn field(reader: &Reader<'_>, keys: &Keys, ty: &Type) -> Option<Meaning> {
    let before = reader.errors.count();
    let checked = Field { reader, keys, ty };
    let meaning = checked.meaning();
    meaning.filter(|_| reader.errors.count() == before && !keys.broken)
}

/// What a faulty field would be if its keys were in order, where its type or its keys show that: with
/// its handle, the use of the field is not reported.
pub(crate) fn stand_in(reader: &Reader<'_>, keys: &Keys, ty: &Type) -> Option<Meaning> {
    let (mut leaf, mut layers) = (ty, Vec::new());
    let leaf_shape = loop {
        leaf = match Shape::of(leaf) {
            Shape::Vec(inner) => {
                layers.push(Key::Len);
                inner
            }
            Shape::Option(inner) => {
                layers.push(Key::Optional);
                inner
            }
            Shape::Array(inner) => inner,
            shape => break shape,
        };
    };
    let kind = keys.kind().map(|entry| entry.key);
    let kind = match (leaf_shape, kind) {
        _ if is_string(leaf) => quote!(choice = ["a"]),
        (Shape::Text, _) => quote!(choice = ["a"]),
        (Shape::Int { .. }, Some(Key::Choice)) => quote!(choice = [1]),
        (Shape::Int { .. }, _) => quote!(int = 0..=1),
        (Shape::Float, Some(Key::Choice)) => quote!(choice = [1.0]),
        (Shape::Float, _) => quote!(float = 0.0..=1.0),
        (Shape::Bool, Some(Key::Choice)) => quote!(choice = [true]),
        (Shape::Bool, _) => quote!(),
        (Shape::Other, kind) => {
            // An alias may hide a list or an option.
            let hidden = [Key::Len, Key::Optional];
            let is_hidden = |key: &Key| keys.get(*key).is_some() && !layers.contains(key);
            let hidden: Vec<Key> = hidden.into_iter().filter(is_hidden).collect();
            layers.extend(hidden);
            match kind {
                Some(Key::Int) => quote!(int = 0..=1),
                Some(Key::Float) => quote!(float = 0.0..=1.0),
                Some(Key::Choice) if !choices::are_named(keys) => quote!(choice = [1]),
                None if keys.span.is_some() && !keys.broken => quote!(),
                _ => return None,
            }
        }
        _ => return None,
    };
    let layers = layers.iter().map(|key| match key {
        Key::Len => quote!(len = 0..=1),
        _ => quote!(optional),
    });
    let written = layers.chain((!kind.is_empty()).then_some(kind));
    let errors = Ctxt::default();
    let keys = Keys::of(&errors, &[syn::parse_quote!(#[hp(#(#written),*)])]);
    field(&reader.with(&errors), &keys, ty)
}

/// The text that an expression spells out.
pub(crate) fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Group(group) => text(&group.expr),
        Expr::Paren(paren) => text(&paren.expr),
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// One field while it is checked.
struct Field<'a> {
    reader: &'a Reader<'a>,
    keys: &'a Keys,
    ty: &'a Type,
}

impl Field<'_> {
    fn meaning(&self) -> Option<Meaning> {
        if let Some(kind) = self.keys.get(Key::Fixed) {
            return self.fixed(kind);
        }
        self.check_companions();
        // Each of these is looked at, so that every mistake is reported.
        let (layers, leaf, has_alias) = self.layers();
        let kind = self.kind(leaf);
        suffix::check(self.reader, self.keys, leaf);
        let len = self.keys.get(Key::Len).map(|entry| self.len(entry));
        let default = self.keys.get(Key::Default);
        let default = match (default.and_then(|entry| entry.value.as_ref()), &kind) {
            (Some(value), Some(kind)) => {
                let len = len.as_ref().and_then(Option::as_ref);
                Some(default::of(self.reader, value, &layers, leaf, kind, len)?)
            }
            _ => None,
        };
        let (kind, mut len) = (kind?, len.flatten());
        let is_evident = match Shape::of(leaf) {
            Shape::Int { .. } | Shape::Float | Shape::Bool | Shape::Text => true,
            // A type of the user's own with that name has no choices.
            _ => matches!(kind, Kind::Choice(_)) && is_string(leaf),
        };
        let wraps = layers.iter().filter_map(|layer| match layer {
            Layer::List => len.take().map(Box::new).map(Wrap::Len),
            Layer::Option => Some(Wrap::Optional),
            Layer::Array => None,
        });
        Some(Meaning {
            kind,
            wraps: wraps.collect(),
            default,
            leaf: (!has_alias).then(|| leaf.clone()),
            is_evident,
            has_array: layers.contains(&Layer::Array),
            is_plain: layers.is_empty(),
        })
    }

    fn fixed(&self, kind: &Entry) -> Option<Meaning> {
        for entry in &self.keys.entries {
            if !matches!(entry.key, Key::Fixed | Key::Name) {
                let message = format!(
                    "`{}` says nothing about a fixed value; remove it",
                    entry.key
                );
                self.on(&entry.ident, message);
            }
        }
        let mut value = kind.value.clone()?;
        if is_string(self.ty) && text(&value).is_some() {
            value = Expr::Verbatim(quote!(::core::convert::Into::into(#value)));
        }
        Some(Meaning {
            kind: Kind::Fixed(value),
            wraps: Vec::new(),
            default: None,
            leaf: None,
            is_evident: true,
            has_array: false,
            is_plain: true,
        })
    }

    /// Whether each key stands beside the kind that it belongs to.
    fn check_companions(&self) {
        let kind = self.keys.kind().map(|entry| entry.key);
        let is_number = matches!(kind, Some(Key::Int | Key::Float));
        for entry in &self.keys.entries {
            let key = entry.key;
            let fits = match key {
                Key::Step | Key::Log | Key::ReverseLog => is_number,
                Key::Unordered => kind == Some(Key::Choice),
                _ => true,
            };
            if !fits && !self.keys.broken {
                let partner = match key {
                    Key::Unordered => "`choice`",
                    _ => "`int` or `float`",
                };
                let given = match kind {
                    Some(Key::Int) => "this is an `int`".to_string(),
                    Some(kind) => format!("this is a `{kind}`"),
                    None => "there is none here".to_string(),
                };
                self.on(
                    &entry.ident,
                    format!("`{key}` goes with {partner}, and {given}; remove it"),
                );
            }
        }
        if let (Some(_), Some(second)) = (self.keys.get(Key::Log), self.keys.get(Key::ReverseLog)) {
            self.on(
                &second.ident,
                "a scale is either `log` or `reverse_log`; keep one",
            );
        }
    }

    /// Takes lists, options and arrays off the type, and checks that `len` and `optional` agree. Says
    /// whether an alias hides one of them.
    fn layers(&self) -> (Vec<Layer>, &Type, bool) {
        let (len, optional) = (self.keys.get(Key::Len), self.keys.get(Key::Optional));
        let mut layers = Vec::new();
        let mut leaf = self.ty;
        let leaf_shape = loop {
            let (layer, inner) = match Shape::of(leaf) {
                Shape::Vec(inner) => (Layer::List, inner),
                Shape::Option(inner) => (Layer::Option, inner),
                Shape::Array(inner) => (Layer::Array, inner),
                shape => break shape,
            };
            let missing = match layer {
                Layer::List | Layer::Option if layers.contains(&layer) => Some(
                    "a list in a list, or an option in an option, needs a tunable struct in between",
                ),
                Layer::List if len.is_none() => Some("a list needs its length: add `len = 1..=3`"),
                Layer::Option if optional.is_none() => {
                    Some("an `Option` is tuned with `optional`: add it to the keys")
                }
                _ => None,
            };
            if let Some(message) = missing.filter(|_| !self.keys.broken) {
                self.on(leaf, message);
            }
            layers.push(layer);
            leaf = inner;
        };
        // An alias may hide a list, an option or both of them; a primitive or a text hides nothing.
        let wanted = [
            (len, Layer::List, "a `Vec`"),
            (optional, Layer::Option, "an `Option`"),
        ];
        let seen = layers.len();
        let is_hiding = matches!(leaf_shape, Shape::Other) && !is_string(leaf);
        for (entry, layer, asked) in wanted {
            let Some(entry) = entry.filter(|_| !layers.contains(&layer)) else {
                continue;
            };
            if is_hiding {
                layers.push(layer);
            } else {
                let message = format!(
                    "`{}` asks for {asked}, and the field is `{}`; remove it, or change the type",
                    entry.key,
                    spelled(self.ty)
                );
                self.on(&entry.ident, message);
            }
        }
        let has_alias = layers.len() > seen;
        (layers, leaf, has_alias)
    }

    fn kind(&self, leaf: &Type) -> Option<Kind> {
        let Some(entry) = self.keys.kind() else {
            if self.keys.broken {
                return None;
            }
            return self.bare(leaf);
        };
        let value = entry.value.as_ref()?;
        if let Some(fault) = self.misfit(entry.key, leaf) {
            self.on(&entry.ident, fault);
            return None;
        }
        match entry.key {
            Key::Int | Key::Float => {
                let range = numeric::range(self.reader, self.keys, entry.key, value, leaf)?;
                Some(if entry.key == Key::Int {
                    Kind::Int(range)
                } else {
                    Kind::Float(range)
                })
            }
            _ => {
                let unordered = self.keys.get(Key::Unordered).is_some();
                choices::of(self.reader, value, leaf, unordered).map(Kind::Choice)
            }
        }
    }

    fn bare(&self, leaf: &Type) -> Option<Kind> {
        let type_name = spelled(leaf);
        let write = match Shape::of(leaf) {
            Shape::Int { .. } => "`int = 1..=10` or `choice = [1, 2, 4]`",
            Shape::Float => "`float = 0.0..=1.0` or `choice = [0.1, 0.01]`",
            Shape::Text | Shape::ShortText => "`choice = [\"a\", \"b\"]`",
            Shape::Int128 => {
                self.on(leaf, wide());
                return None;
            }
            Shape::Hopeless => "`fixed = ...`, or a tunable struct instead of this type,",
            _ => return Some(Kind::Bare),
        };
        self.on(
            leaf,
            format!("`{type_name}` does not say what it may be: write {write} in `#[hp(...)]`"),
        );
        None
    }

    /// Why the kind cannot fit the leaf, if its spelling shows that.
    fn misfit(&self, kind: Key, leaf: &Type) -> Option<String> {
        let spelled = spelled(leaf);
        if Shape::name(leaf).is_some_and(|name| self.reader.types.contains(&name)) {
            return Some(format!(
                "`{kind}` needs a concrete type, and `{spelled}` is a type parameter; write `#[hp]`"
            ));
        }
        let instead = match (kind, Shape::of(leaf)) {
            (_, Shape::Int128) => return Some(wide().to_string()),
            (_, Shape::ShortText) => "write `&'static str` or `String`",
            (Key::Int, Shape::Float) => "write `float = 0.0..=1.0`",
            (Key::Float, Shape::Int { .. }) => "write `int = 1..=10`",
            (Key::Int | Key::Float, Shape::Bool) => "write `#[hp]` alone",
            (Key::Int | Key::Float, Shape::Text) => "write `choice = [\"a\", \"b\"]`",
            (Key::Int | Key::Float, _) if is_string(leaf) => "write `choice = [\"a\", \"b\"]`",
            (_, Shape::Hopeless) => "write `fixed = ...`, or change the type",
            _ => return None,
        };
        Some(format!(
            "`{kind}` does not fit a field of type `{spelled}`; {instead}"
        ))
    }

    fn len(&self, entry: &Entry) -> Option<Range> {
        numeric::len(self.reader, entry.value.as_ref()?)
    }

    fn on(&self, tokens: impl quote::ToTokens, message: impl std::fmt::Display) {
        self.reader.errors.on(tokens, message);
    }
}

/// Whether a field of the type has to say what it may be: a number, a text, a list or an option.
pub(crate) fn needs_keys(ty: &Type) -> bool {
    match Shape::of(ty) {
        Shape::Bool | Shape::Array(_) | Shape::Hopeless => false,
        Shape::Other => is_string(ty),
        _ => true,
    }
}

/// Whether the type is written `String`, or `std::string::String`.
pub(crate) fn is_string(ty: &Type) -> bool {
    let path = spelled(ty);
    let path = path.trim_start_matches(':');
    path == "String"
        || ["std", "alloc"].contains(&path.strip_suffix("::string::String").unwrap_or(path))
}

fn wide() -> &'static str {
    "numbers of 128 bits are not supported; use `u64` or `i64`"
}
