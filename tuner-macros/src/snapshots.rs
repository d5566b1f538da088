//! What the macro writes, as text that people read: one struct, one enum, one generic.
//!
//! After a change write the texts anew with `SNAPSHOTS=overwrite cargo test -p tuner-macros` and read
//! the difference.

use std::path::Path;

use syn::parse_quote;

/// The expansion as formatted lines, somewhat narrower than rustfmt's.
fn expanded(input: &syn::DeriveInput) -> String {
    let file = syn::parse2(crate::derived(input)).expect("the expansion is a file of items");
    prettyplease::unparse(&file)
}

/// Compares the expansion with the stored one, and its size with what a field or variant may cost.
fn check(name: &str, fields: usize, input: &syn::DeriveInput) {
    let text = expanded(input);
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/snapshots/{name}.expanded"));
    if std::env::var_os("SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap();
    assert!(text == stored, "{name} expands to another text:\n{text}");
    let lines = text.lines().map(str::trim_start);
    let count = lines
        .filter(|line| !line.starts_with("//") && !line.starts_with("#[doc"))
        .count();
    assert!(count <= 60 + 15 * fields, "{name} expands to {count} lines");
}

#[test]
fn a_struct() {
    let input = parse_quote! {
        /// A network.
        pub struct Mlp {
            /// Hidden layers, each with its own width.
            #[hp(len = 1..=3, int = 32..=512, step = 32)]
            pub units: Vec<usize>,
            #[hp(choice = [1e-2, 1e-3, 1e-4])]
            pub learning_rate: f64,
            #[hp(int = 16..=1024, log, step = 2)]
            pub batch: usize,
            #[hp(float = 1e-6..=1e-2, log, default = 1e-4)]
            pub weight_decay: f64,
            #[hp(float = 0.0..=0.5, step = 0.1)]
            pub noise: f64,
            #[hp(choice = ["he", "glorot"])]
            pub init: &'static str,
            #[hp(optional, float = 0.05..=0.5)]
            pub dropout: Option<f64>,
            #[hp]
            pub bias: bool,
            #[hp]
            pub activation: Activation,
            #[hp(int = 1..=limits::EPOCHS, default = Self::FEW)]
            epochs: u32,
            #[hp(fixed = 10)]
            pub classes: usize,
        }
    };
    check("struct", 11, &input);
}

#[test]
fn an_enum() {
    let input = parse_quote! {
        pub enum Optimizer {
            /// Without parameters.
            Plain,
            Adam(#[hp] AdamParams),
            Sgd {
                #[hp(float = 0.0..=0.99)]
                momentum: f64,
                #[hp]
                nesterov: bool,
            },
        }
    };
    check("enum", 6, &input);
    let input = parse_quote! {
        enum Activation {
            Relu,
            Tanh,
        }
    };
    check("unit_enum", 2, &input);
}

#[test]
fn a_generic() {
    let input = parse_quote! {
        pub(crate) struct Pair<T: Tunable, const MOST: usize> {
            #[hp(int = 1..=MOST)]
            count: usize,
            #[hp]
            inner: T,
            #[hp(len = 0..=2)]
            more: Vec<T>,
            #[hp(float = 0.0..=1.0)]
            rate: f64,
            #[hp(choice = ["a", "b"])]
            name: String,
            #[hp]
            switch: bool,
        }
    };
    check("generic", 6, &input);
}
