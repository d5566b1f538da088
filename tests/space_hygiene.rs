//! Generated code beside hostile surroundings: no prelude, traits that give every type methods of the
//! same names, lints that are denied, and names that the generated code uses itself.
#![deny(
    dead_code,
    deprecated,
    missing_debug_implementations,
    nonstandard_style,
    unused,
    warnings
)]

/// A place without the standard library's names.
#[no_implicit_prelude]
mod bare {
    use ::tuner::space::{Tunable as Searchable, tunable};

    #[allow(dead_code)]
    mod core {}
    #[allow(dead_code)]
    mod std {}
    #[allow(dead_code)]
    mod tuner {}

    /// Methods of every type, each named as one that generated code needs.
    #[allow(dead_code, clippy::wrong_self_convention)]
    pub(crate) trait Hostile {
        fn declare(&self) {}
        fn read(&self) {}
        fn write(&self) {}
        fn settle(&self) {}
        fn field(&self) {}
        fn variant(&self) {}
        fn only(&self) {}
        fn check(&self) {}
        fn clone(&self) {}
        fn into(&self) {}
        fn into_iter(&self) {}
        fn map(&self) {}
        fn write_str(&self) {}
        fn step(&self) {}
        fn log(&self) {}
        fn default(&self) {}
    }
    impl<T> Hostile for T {}

    const LOW: u8 = 1;
    const STEP: u8 = 2;
    const RATES: [f64; 2] = [0.1, 0.2];

    #[tunable]
    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq)]
    pub(crate) struct All {
        #[hp(choice = ["a", "b"])]
        pub(crate) text: ::std::string::String,
        #[hp(int = LOW..=9, step = STEP, default = LOW)]
        whole: u8,
        #[hp(float = 1e-3..=1e-1, log, default = 1e-2)]
        real: f64,
        #[hp(choice = RATES, default = 0.2)]
        rate: f64,
        #[hp(optional, int = 1..=4, default = ::core::option::Option::Some(3))]
        option: ::core::option::Option<u8>,
        #[hp(len = 1..=2, int = 1..=4, default = [3])]
        list: ::std::vec::Vec<u8>,
        #[hp]
        mixed: Mixed<Unit>,
        #[hp]
        generic: Generic<Unit, 3>,
        #[hp(fixed = "abc")]
        fixed: ::std::string::String,
    }

    #[tunable]
    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq)]
    pub(crate) enum Mixed<T: Searchable> {
        Nothing,
        Named {
            #[hp]
            on: bool,
            #[hp(fixed = 3)]
            three: u8,
        },
        Inner(#[hp] T),
    }

    #[tunable]
    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq)]
    pub(crate) enum Unit {
        Some,
        None,
    }

    #[tunable]
    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq)]
    pub(crate) struct Generic<T: Searchable, const MOST: usize> {
        #[hp]
        inner: T,
        #[hp(int = 1..=MOST)]
        count: usize,
    }
}

#[test]
fn generated_code_needs_no_names_of_the_users() {
    use tuner::space::{Handle, Tunable};

    let mut space = bare::All::space();
    let all = space.builder().text("b").build().expect("b is a choice");
    assert_eq!(all.text, "b");
    let point = all.to_point().expect("it was built");
    assert_eq!(bare::All::from_point(&point).expect("it is one"), all);
    space.fix(all).expect("the space allows what it has built");
    assert_eq!(space.cardinality(), Some(1));
}

/// Items of which only the half is used: what is generated for the rest is no dead code.
mod half_used {
    use tuner::space::tunable;

    #[tunable]
    #[derive(Debug)]
    struct Private {
        #[hp]
        switch: bool,
        #[hp]
        kind: Kind,
    }

    #[tunable]
    #[derive(Debug)]
    enum Kind {
        UpperCase,
        Deep {
            #[hp(int = 1..=3)]
            depth: usize,
        },
        Inner(#[hp] bool),
    }

    #[test]
    fn only_the_space_is_used() {
        use tuner::space::{Handle, Tunable};

        let Private { switch, kind } = Private::space().first();
        let depth = match kind {
            Kind::UpperCase => 0,
            Kind::Deep { depth } => depth,
            Kind::Inner(on) => on.into(),
        };
        assert_eq!((switch, depth), (false, 0));
    }
}

/// Names that stand in the generated code as well.
#[allow(dead_code, non_camel_case_types)]
mod taken {
    use tuner::space::{Handle, Tunable, tunable};

    #[tunable]
    #[derive(Debug)]
    struct Names {
        #[hp]
        r#build: bool,
        #[hp]
        separator: Separator,
        #[hp]
        kind: Kind,
    }

    #[tunable]
    #[derive(Debug)]
    enum Separator {
        Space,
        Tab,
    }

    #[tunable]
    #[derive(Debug)]
    enum Kind {
        Space {
            #[hp(int = 1..=2)]
            width: u8,
        },
        t {
            #[hp]
            on: bool,
        },
        Inner(#[hp] bool),
    }

    #[test]
    fn a_name_of_generated_code_may_be_the_users() {
        let built = Names::space().builder().build_(true).build();
        let names = built.expect("every value is allowed");
        assert!(names.r#build);
        assert!(matches!(names.separator, Separator::Space));
        assert!(matches!(names.kind, Kind::Space { width: 2 }));
        assert_eq!(Names::space().cardinality(), Some(2 * 2 * (2 + 2 + 2)));
    }
}

/// What is deprecated is so where the user names it, not in the generated code.
#[allow(dead_code)]
mod deprecated {
    use tuner::space::{Tunable, tunable};

    #[tunable]
    #[derive(Debug)]
    struct Net {
        #[deprecated]
        #[hp(fixed = 1)]
        width: u8,
        #[hp]
        kind: Kind,
    }

    #[tunable]
    #[derive(Debug)]
    enum Kind {
        #[deprecated]
        Old,
        New,
    }

    #[test]
    fn what_is_deprecated_is_tuned_in_silence() {
        let mut space = Net::space();
        let narrowed = space.kind.only([Kind::New]).map(|kind| kind.clone());
        assert!(narrowed.is_ok());
    }
}

#[test]
fn a_handle_is_shown_as_its_summary() {
    use tuner::space::Tunable;

    #[tuner::space::tunable]
    struct Net {
        #[hp(float = 1e-5..=1.0, log)]
        rate: f64,
    }
    let shown = format!("{:?}", Net::space());
    assert!(
        shown.contains("rate  1e-5..=1.0, log  (default 0.003162)"),
        "{shown}"
    );
    assert_eq!(
        Net::builder().rate(0.5).build().map(|net| net.rate),
        Ok(0.5)
    );
}
