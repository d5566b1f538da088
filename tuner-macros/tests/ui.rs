//! Every misuse of the language is a compile error on the token at fault: one file a mistake below
//! `tests/ui`, its message beside it. After a change of messages write them anew with
//! `TRYBUILD=overwrite cargo test -p tuner-macros --test ui` and read the difference.
//!
//! It stands in this package so that the programs are compiled with nothing but spaces: with all
//! features, checking the dependencies anew takes ten times as long as the programs do.

#[test]
fn each_mistake_is_reported_where_it_stands() {
    trybuild::TestCases::new().compile_fail("../tests/ui/*/*.rs");
}
