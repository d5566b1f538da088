//! The annotated item with its meaning: what `expand` needs to know, and nothing that is wrong.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Generics, Ident, Type, Visibility};

use crate::attr::{Key, Keys, Options};
use crate::check::{self, Meaning};
use crate::ctxt::Ctxt;
use crate::docs::docs;

/// A struct or an enum that is a search space.
pub(crate) struct Container<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) generics: &'a Generics,
    /// The names of the generated handle and builder.
    pub(crate) space: Ident,
    pub(crate) builder: Ident,
    /// The path of the `tuner` crate.
    pub(crate) krate: TokenStream,
    /// Whether the item, or a part of it, is deprecated.
    pub(crate) is_deprecated: bool,
    pub(crate) body: Body,
}

/// The fields or variants.
pub(crate) enum Body {
    Struct(Vec<Field>),
    Enum(Vec<Variant>),
}

/// One variant of an enum.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) name: String,
    pub(crate) shape: Shape,
}

impl Variant {
    /// What is left of a faulty variant: its name.
    fn stand_in(variant: &syn::Variant, item: &Ident) -> Self {
        Self {
            ident: variant.ident.clone(),
            docs: docs(&variant.attrs, item),
            name: variant.ident.unraw().to_string(),
            shape: match variant.fields {
                Fields::Unit => Shape::Unit,
                _ => Shape::Named(Vec::new()),
            },
        }
    }

    /// The fields that it holds.
    pub(crate) fn fields(&self) -> &[Field] {
        match &self.shape {
            Shape::Unit => &[],
            Shape::Newtype(field) => std::slice::from_ref(field),
            Shape::Named(fields) => fields,
        }
    }
}

/// What a variant holds.
pub(crate) enum Shape {
    Unit,
    /// A tunable type, as in `Adam(#[hp] AdamParams)`.
    Newtype(Box<Field>),
    Named(Vec<Field>),
}

/// One field, checked.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) docs: Vec<Attribute>,
    /// The type, with `Self` written out.
    pub(crate) ty: Type,
    /// The stored name.
    pub(crate) name: String,
    pub(crate) meaning: Meaning,
    /// Whether the field is faulty, and the meaning only what its type would have.
    pub(crate) is_stand_in: bool,
}

impl<'a> Container<'a> {
    /// Reads the item and notes every mistake; `None` when there is no item to speak of.
    pub(crate) fn of(errors: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        let options = Options::of(errors, &input.attrs);
        let reader = Reader::of(errors, input);
        let body = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Unnamed(fields) => {
                    let message =
                        "a search space needs names for its fields: write a struct with braces";
                    errors.on(fields, message);
                    Some(Body::Struct(Vec::new()))
                }
                fields => {
                    let fields = reader.fields(fields);
                    check_setters(errors, &fields);
                    Some(Body::Struct(fields))
                }
            },
            Data::Enum(data) if data.variants.is_empty() => {
                let message = "an enum without variants has nothing to choose from; add one";
                errors.on(&input.ident, message);
                Some(Body::Enum(Vec::new()))
            }
            Data::Enum(data) => Some(Body::Enum(reader.variants(data))),
            Data::Union(data) => {
                let message = "a union cannot be a search space; write a struct or an enum";
                errors.on(data.union_token, message);
                None
            }
        };
        check_layout(errors, &input.attrs);
        if let (Some(builder), Data::Enum(_)) = (&options.builder, &input.data) {
            errors.on(builder, "an enum has no builder; remove the option");
        }
        let named = |kind: &str| generated(&format_ident!("{}{kind}", input.ident));
        // Beside the handle stands the builder of a struct, or the names of the variants of an enum that holds something.
        let holds = |variant: &syn::Variant| !variant.fields.is_empty();
        let other = match &input.data {
            Data::Enum(data) => {
                let any = data.variants.iter().any(holds);
                any.then(|| named("Variant"))
            }
            _ => Some(named("Builder")),
        };
        let free = |given: Option<&Ident>, kind: &str, taken: &[&Ident]| match given {
            Some(name) if taken.contains(&name) => {
                errors.on(name, format!("`{name}` is taken; choose another name"));
                format_ident!("__{}{kind}", input.ident)
            }
            Some(name) => name.clone(),
            None => named(kind),
        };
        let mut taken = vec![&input.ident];
        taken.extend(other.iter().filter(|_| options.builder.is_none()));
        let space = free(options.space.as_ref(), "Space", &taken);
        let builder = free(options.builder.as_ref(), "Builder", &[&input.ident, &space]);
        Some(Self {
            ident: &input.ident,
            vis: &input.vis,
            generics: &input.generics,
            space,
            builder,
            krate: options.krate(),
            is_deprecated: is_deprecated(input),
            body: body?,
        })
    }
}

/// Fields of a packed struct cannot be borrowed.
fn check_layout(errors: &Ctxt, attributes: &[Attribute]) {
    let reprs = attributes.iter();
    for repr in reprs.filter(|attribute| attribute.path().is_ident("repr")) {
        if crate::types::mentions(&repr.meta, &["packed".to_string()]) {
            let message = "the fields of a packed struct cannot be borrowed; remove `packed`";
            errors.on(repr, message);
        }
    }
}

/// Whether the setter of `build`, which is called `build_`, is that of another field too.
fn check_setters(errors: &Ctxt, fields: &[Field]) {
    let named = |name: &str| {
        let mut tuned = fields.iter().filter(|field| field.is_tuned());
        tuned.find(|field| field.ident.unraw() == name)
    };
    if let (Some(_), Some(second)) = (named("build"), named("build_")) {
        let message =
            "the builder sets `build` by `build_`; give one of the two fields another name";
        errors.on(&second.ident, message);
    }
}

/// What a field's meaning depends on beyond the field.
pub(crate) struct Reader<'a> {
    pub(crate) errors: &'a Ctxt,
    item: &'a Ident,
    /// The item's type, for `Self`.
    this: TokenStream,
    /// The names of its type parameters.
    pub(crate) types: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(crate) fn of(errors: &'a Ctxt, input: &'a DeriveInput) -> Self {
        let ident = &input.ident;
        let (_, generics, _) = input.generics.split_for_impl();
        let turbofish = generics.as_turbofish();
        let types = input.generics.type_params();
        Self {
            errors,
            item: ident,
            this: quote!(#ident #turbofish),
            types: types.map(|param| param.ident.to_string()).collect(),
        }
    }

    /// The same with another place for mistakes.
    pub(crate) fn with<'b>(&self, errors: &'b Ctxt) -> Reader<'b>
    where
        'a: 'b,
    {
        Reader {
            errors,
            item: self.item,
            this: self.this.clone(),
            types: self.types.clone(),
        }
    }

    fn fields(&self, fields: &Fields) -> Vec<Field> {
        let mut names: Vec<String> = Vec::new();
        let mut checked = Vec::new();
        for field in fields {
            let keys = Keys::of(self.errors, &field.attrs);
            let Some(ident) = &field.ident else { continue };
            let (name, span) = self.stored_name(&keys, ident);
            // What is fixed is stored nowhere.
            let is_stored = keys.get(Key::Fixed).is_none();
            if is_stored && names.contains(&name) {
                let message = format!("two fields are stored as `{name}`; give one another `name`");
                self.errors.at(span, message);
            }
            names.extend(is_stored.then(|| name.clone()));
            checked.extend(self.field(field, ident.clone(), name, keys));
        }
        checked
    }

    fn field(&self, field: &syn::Field, ident: Ident, name: String, keys: Keys) -> Option<Field> {
        let ty: Type = self.written_out(&field.ty)?;
        let keys = self.keys_written_out(keys);
        let meaning = self.meaning(field, &ident, &ty, &keys);
        let is_stand_in = meaning.is_none();
        Some(Field {
            ident,
            vis: field.vis.clone(),
            docs: docs(&field.attrs, self.item),
            meaning: meaning.or_else(|| self.stand_in(&keys, &ty))?,
            ty,
            name,
            is_stand_in,
        })
    }

    /// What a faulty field would be; of what contains itself there is no saying.
    fn stand_in(&self, keys: &Keys, ty: &Type) -> Option<Meaning> {
        let is_endless = crate::types::holds(ty, self.item);
        let meaning = || check::stand_in(self, keys, ty);
        (!is_endless).then(meaning).flatten()
    }

    fn meaning(
        &self,
        field: &syn::Field,
        ident: &Ident,
        ty: &Type,
        keys: &Keys,
    ) -> Option<Meaning> {
        if keys.span.is_none() {
            let message = format!(
                "say what `{ident}` may be: `#[hp(int = 1..=10)]`, `#[hp(float = 0.0..=1.0)]`, `#[hp(choice = [...])]`, `#[hp]` for a tunable type, or `#[hp(fixed = ...)]` to leave it untuned"
            );
            self.errors.on(ident, message);
            return None;
        }
        if crate::types::holds(ty, self.item) && keys.get(Key::Fixed).is_none() {
            let message = format!(
                "`{}` contains itself, so its space would be endless",
                self.item
            );
            self.errors.on(&field.ty, message);
            return None;
        }
        check::field(self, keys, ty)
    }

    fn variants(&self, data: &syn::DataEnum) -> Vec<Variant> {
        let mut names: Vec<String> = Vec::new();
        let mut checked = Vec::new();
        for variant in &data.variants {
            let keys = Keys::of_variant(self.errors, &variant.attrs);
            for entry in keys.entries.iter().filter(|entry| entry.key != Key::Name) {
                let key = entry.key;
                let message = match key {
                    Key::Default => format!(
                        "`default` belongs on a field: write `default = {}::{}` where the enum stands",
                        self.item, variant.ident
                    ),
                    _ => format!("`{key}` belongs on a field; a variant only has a `name`"),
                };
                self.errors.on(&entry.ident, message);
            }
            if let Some(span) = keys
                .span
                .filter(|_| keys.entries.is_empty() && !keys.broken)
            {
                let message = match variant.fields.is_empty() {
                    true => "a variant is tunable as it is; remove `#[hp]`, or give it a `name`",
                    false => "`#[hp]` goes on what the variant holds: `Variant(#[hp] Params)`",
                };
                self.errors.at(span, message);
                checked.push(Variant::stand_in(variant, self.item));
                continue;
            }
            let (name, span) = self.stored_name(&keys, &variant.ident);
            if names.contains(&name) {
                let message =
                    format!("two variants are stored as `{name}`; give one another `name`");
                self.errors.at(span, message);
            }
            names.push(name.clone());
            checked.push(match self.shape(variant) {
                Some(shape) => Variant {
                    ident: variant.ident.clone(),
                    docs: docs(&variant.attrs, self.item),
                    name,
                    shape,
                },
                None => Variant::stand_in(variant, self.item),
            });
        }
        checked
    }

    fn shape(&self, variant: &syn::Variant) -> Option<Shape> {
        let ident = &variant.ident;
        let fields = match &variant.fields {
            Fields::Unit => return Some(Shape::Unit),
            Fields::Named(_) => return Some(Shape::Named(self.fields(&variant.fields))),
            Fields::Unnamed(fields) => fields,
        };
        if fields.unnamed.len() != 1 {
            let message = format!(
                "name the fields of `{ident}`: write `{ident} {{ ... }}`, or `{ident}(#[hp] Params)` with one tunable type"
            );
            self.errors.on(fields, message);
            return None;
        }
        let field = &fields.unnamed[0];
        let mut keys = Keys::of(self.errors, &field.attrs);
        let before = self.errors.count();
        let spelled = crate::types::spelled(&field.ty);
        if keys.entries.is_empty() && check::needs_keys(&field.ty) {
            let message = format!(
                "`{spelled}` needs keys, and a variant with keys needs named fields: write `{ident} {{ ... }}`"
            );
            self.errors.on(&field.ty, message);
            keys.span = Some(ident.span());
            // Without keys the compiler would ask for `String: Tunable`.
            keys.broken = check::is_string(&field.ty);
        } else if keys.span.is_none() {
            let message = format!("say that it is tunable: write `{ident}(#[hp] {spelled})`");
            self.errors.on(&field.ty, message);
            // It stands for what it was meant to be.
            keys.span = Some(ident.span());
        } else if let Some(entry) = keys.entries.first() {
            let message =
                format!("a variant with keys needs named fields: write `{ident} {{ ... }}`");
            self.errors.on(&entry.ident, message);
        }
        let own = Ident::new("inner", ident.span());
        let silence = Ctxt::default();
        let is_faulty = self.errors.count() > before;
        let reader = self.with(if is_faulty { &silence } else { self.errors });
        let mut field = reader.field(field, own, String::new(), keys)?;
        field.is_stand_in |= is_faulty;
        Some(Shape::Newtype(Box::new(field)))
    }

    /// The stored name, and where it is written.
    fn stored_name(&self, keys: &Keys, ident: &Ident) -> (String, Span) {
        let own = (ident.unraw().to_string(), ident.span());
        let Some(value) = keys.get(Key::Name).and_then(|entry| entry.value.as_ref()) else {
            return own;
        };
        let fault = match check::text(value) {
            None => "`name` is a text: write `name = \"rate\"`",
            Some(text) if text.is_empty() => "a name cannot be empty",
            Some(text) if text.contains(['.', '[', ']']) => {
                "a name cannot hold `.`, `[` or `]`, which join the names of nested parameters"
            }
            Some(text) => return (text, value.span()),
        };
        self.errors.on(value, fault);
        own
    }

    fn keys_written_out(&self, mut keys: Keys) -> Keys {
        for entry in &mut keys.entries {
            entry.value = entry
                .value
                .take()
                .and_then(|value| self.written_out::<Expr>(&value));
        }
        keys
    }

    /// The same with the item's name in the place of `Self`.
    pub(crate) fn written_out<T: ToTokens + Clone + syn::parse::Parse>(
        &self,
        tokens: &T,
    ) -> Option<T> {
        if !crate::types::mentions(tokens, &["Self".to_string()]) {
            return Some(tokens.clone());
        }
        match syn::parse2(self.replaced(tokens.to_token_stream())) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.errors.add(error);
                None
            }
        }
    }

    fn replaced(&self, tokens: TokenStream) -> TokenStream {
        let mut written = TokenStream::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if ident == "Self" => {
                    let span = ident.span();
                    written.extend(self.this.clone().into_iter().map(|mut token| {
                        token.set_span(span);
                        token
                    }));
                }
                TokenTree::Group(group) => {
                    let mut inner =
                        proc_macro2::Group::new(group.delimiter(), self.replaced(group.stream()));
                    inner.set_span(group.span());
                    written.extend([TokenTree::Group(inner)]);
                }
                token => written.extend([token]),
            }
        }
        written
    }
}

/// The user's name for something generated: lints are silent about it, as about all of a macro's.
pub(crate) fn generated(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(name.span().resolved_at(Span::call_site()));
    name
}

fn is_deprecated(input: &DeriveInput) -> bool {
    let is_marked = |attributes: &[Attribute]| {
        let mut attributes = attributes.iter();
        attributes.any(|attribute| attribute.path().is_ident("deprecated"))
    };
    let has_field = |fields: &Fields| fields.iter().any(|field| is_marked(&field.attrs));
    let has_part = match &input.data {
        Data::Struct(data) => has_field(&data.fields),
        Data::Enum(data) => {
            let mut variants = data.variants.iter();
            variants.any(|variant| is_marked(&variant.attrs) || has_field(&variant.fields))
        }
        Data::Union(_) => false,
    };
    has_part || is_marked(&input.attrs)
}
