//! The syntax of `#[hp(...)]`: which keys there are, what each looks like, and every slip in one
//! attribute. What keys mean together with a type is said in `check`.

use std::fmt;

use proc_macro2::{Span, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, Meta, Path, Token};

use crate::ctxt::Ctxt;

/// The keys of `#[hp(...)]` on a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Int,
    Float,
    Choice,
    Fixed,
    Step,
    Log,
    ReverseLog,
    Default,
    Len,
    Optional,
    Unordered,
    Name,
}

impl Key {
    const ALL: [Self; 12] = [
        Self::Int,
        Self::Float,
        Self::Choice,
        Self::Fixed,
        Self::Step,
        Self::Log,
        Self::ReverseLog,
        Self::Default,
        Self::Len,
        Self::Optional,
        Self::Unordered,
        Self::Name,
    ];

    fn text(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::Choice => "choice",
            Self::Fixed => "fixed",
            Self::Step => "step",
            Self::Log => "log",
            Self::ReverseLog => "reverse_log",
            Self::Default => "default",
            Self::Len => "len",
            Self::Optional => "optional",
            Self::Unordered => "unordered",
            Self::Name => "name",
        }
    }

    /// How the key is written; `None` for one that stands alone.
    fn example(self) -> Option<&'static str> {
        match self {
            Self::Int => Some("int = 1..=10"),
            Self::Float => Some("float = 0.0..=1.0"),
            Self::Choice => Some("choice = [1, 2, 4]"),
            Self::Fixed => Some("fixed = 10"),
            Self::Step => Some("step = 2"),
            Self::Default => Some("default = 3"),
            Self::Len => Some("len = 1..=3"),
            Self::Name => Some("name = \"rate\""),
            Self::Log | Self::ReverseLog | Self::Optional | Self::Unordered => None,
        }
    }

    /// Whether the key says what kind of parameter the field is.
    fn is_kind(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Choice | Self::Fixed)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.text())
    }
}

/// One key as it was written.
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// The key's token, for its span.
    pub(crate) ident: Ident,
    /// What follows the `=`.
    pub(crate) value: Option<Expr>,
}

/// All keys of one field, each at most once.
#[derive(Default)]
pub(crate) struct Keys {
    /// Where the first `#[hp]` stands; `None` when there is none.
    pub(crate) span: Option<Span>,
    pub(crate) entries: Vec<Entry>,
    /// Whether something could not be read, so that what is missing need not be reported.
    pub(crate) broken: bool,
    /// Whether they stand on a variant, which has a name alone.
    is_of_variant: bool,
}

impl Keys {
    /// Reads every `#[hp]` among the attributes.
    pub(crate) fn of(errors: &Ctxt, attributes: &[Attribute]) -> Self {
        Self::default().with(errors, attributes)
    }

    /// The same on a variant.
    pub(crate) fn of_variant(errors: &Ctxt, attributes: &[Attribute]) -> Self {
        let keys = Self {
            is_of_variant: true,
            ..Self::default()
        };
        keys.with(errors, attributes)
    }

    fn with(self, errors: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut keys = self;
        let before = errors.count();
        for attribute in attributes {
            if !attribute.path().is_ident("hp") {
                continue;
            }
            keys.span.get_or_insert(attribute.path().span());
            match &attribute.meta {
                Meta::Path(_) => {}
                Meta::List(_) => {
                    let parser = |input: ParseStream<'_>| {
                        keys.read(errors, input);
                        Ok(())
                    };
                    if let Err(error) = attribute.parse_args_with(parser) {
                        errors.add(error);
                    }
                }
                Meta::NameValue(meta) => {
                    errors.on(meta, "write the keys in parentheses: `#[hp(int = 1..=10)]`");
                }
            }
        }
        keys.broken = errors.count() > before;
        keys
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The key that says what kind of parameter the field is.
    pub(crate) fn kind(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.is_kind())
    }

    fn read(&mut self, errors: &Ctxt, input: ParseStream<'_>) {
        while !input.is_empty() {
            if let Err(error) = self.entry(errors, input) {
                errors.add(error);
                skip_to_comma(input);
            }
            if input.is_empty() {
                break;
            }
            if let Err(error) = input.parse::<Token![,]>() {
                let text = format!("{error}: keys are separated by commas");
                errors.at(error.span(), text);
                skip_to_comma(input);
                let _ = input.parse::<Token![,]>();
            }
        }
    }

    fn entry(&mut self, errors: &Ctxt, input: ParseStream<'_>) -> syn::Result<()> {
        let ident = input.call(Ident::parse_any).map_err(|error| {
            let message =
                "a key comes first: write `int = 1..=10`, `float = 0.0..=1.0` or `choice = [...]`";
            syn::Error::new(error.span(), message)
        })?;
        let equals = input.parse::<Option<Token![=]>>()?;
        let is_given = equals.is_some() && !input.is_empty() && !input.peek(Token![,]);
        let value = match is_given {
            true => Some(input.parse::<Expr>()?),
            false => None,
        };
        let Some(key) = Key::ALL.into_iter().find(|key| ident == key.text()) else {
            return Err(syn::Error::new(ident.span(), unknown(&ident)));
        };
        match (&value, key.example()) {
            // What does not belong there needs no value either.
            _ if self.is_of_variant && key != Key::Name => {}
            (Some(value), None) => {
                let message = match quote!(#value).to_string().as_str() {
                    "false" => format!("`{key}` stands alone; remove `{key} = false`"),
                    _ => format!("`{key}` stands alone; remove the value"),
                };
                return Err(syn::Error::new_spanned(value, message));
            }
            (None, Some(example)) => {
                let message = format!("`{key}` needs a value: write `{example}`");
                return Err(syn::Error::new(ident.span(), message));
            }
            _ => {}
        }
        if self.get(key).is_some() {
            errors.at(ident.span(), format!("`{key}` is written twice; keep one"));
        } else if let Some(kind) = self.kind().filter(|_| key.is_kind()) {
            let message = format!(
                "a field is either `{}` or `{key}`, not both; keep one",
                kind.key
            );
            errors.at(ident.span(), message);
        } else {
            self.entries.push(Entry { key, ident, value });
        }
        Ok(())
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        let _ = input.parse::<TokenTree>();
    }
}

fn unknown(ident: &Ident) -> String {
    let text = ident.to_string();
    let nearest = Key::ALL
        .into_iter()
        .map(|key| (distance(&text, key.text()), key))
        .min_by_key(|(distance, _)| *distance);
    match (text.as_str(), nearest) {
        ("min" | "max" | "range" | "low" | "high" | "integer", _) => {
            format!("there is no key `{text}`; write `int = 1..=10` or `float = 0.0..=1.0`")
        }
        ("choices" | "values" | "options", _) => {
            format!("there is no key `{text}`; write `choice = [...]`")
        }
        (_, Some((distance, key))) if distance <= text.len().max(3) / 2 => {
            format!("there is no key `{text}`; did you mean `{key}`?")
        }
        _ => {
            let all: Vec<String> = Key::ALL.iter().map(|key| format!("`{key}`")).collect();
            format!("there is no key `{text}`; the keys are {}", all.join(", "))
        }
    }
}

/// How many letters to add, drop, change or swap to get from one word to the other.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let change = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

/// `space = A, builder = B, crate = path`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) space: Option<Ident>,
    pub(crate) builder: Option<Ident>,
    krate: Option<Path>,
}

impl Options {
    /// Reads the options from the `#[hp(...)]` that the attribute left on the item.
    pub(crate) fn of(errors: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut options = Self::default();
        let written = attributes.iter();
        let written = written.filter(|attribute| attribute.path().is_ident("hp"));
        for (index, attribute) in written.enumerate() {
            match &attribute.meta {
                Meta::List(_) if index > 0 => errors.on(
                    attribute.path(),
                    "options stand in one place: write all of them in `#[tunable(...)]`",
                ),
                Meta::List(list) => match list.parse_args_with(Self::parse) {
                    Ok(parsed) => options = parsed,
                    Err(error) => errors.add(error),
                },
                _ => errors.on(
                    attribute.path(),
                    "`#[hp]` goes on a field; the item has `#[tunable]`",
                ),
            }
        }
        options
    }

    /// Reads the options, each at most once.
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let ident = input.call(Ident::parse_any)?;
            let after = |example: &str| {
                let message = format!("write `{example}`");
                match input.parse::<Option<Token![=]>>() {
                    Ok(Some(_)) => {
                        Ok(move |error: syn::Error| syn::Error::new(error.span(), message))
                    }
                    _ => Err(syn::Error::new(ident.span(), message)),
                }
            };
            let twice = match ident.to_string().as_str() {
                "space" => {
                    let name = after("space = Name")?;
                    options
                        .space
                        .replace(input.parse().map_err(name)?)
                        .is_some()
                }
                "builder" => {
                    let name = after("builder = Name")?;
                    options
                        .builder
                        .replace(input.parse().map_err(name)?)
                        .is_some()
                }
                "crate" => {
                    let path = after("crate = path::of::tuner")?;
                    let given = input.call(Path::parse_mod_style).map_err(path)?;
                    options.krate.replace(given).is_some()
                }
                key if Key::ALL.iter().any(|own| own.text() == key) => {
                    let message = format!("`{key}` goes on a field, not on the item");
                    return Err(syn::Error::new(ident.span(), message));
                }
                _ => {
                    let message = format!(
                        "there is no option `{ident}`; the options are `space = Name`, `builder = Name` and `crate = path`"
                    );
                    return Err(syn::Error::new(ident.span(), message));
                }
            };
            if twice {
                let message = format!("`{ident}` is written twice; keep one");
                return Err(syn::Error::new(ident.span(), message));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }

    /// The path of the `tuner` crate.
    pub(crate) fn krate(&self) -> proc_macro2::TokenStream {
        match &self.krate {
            Some(path) => quote!(#path),
            None => quote!(::tuner),
        }
    }
}
