//! Every misuse of the language is a compile error on the token at fault: one file a mistake below
//! `tests/ui`, its message beside it. After a change of messages write them anew with
//! `TRYBUILD=overwrite cargo test --test ui` and read the difference.

#[test]
fn each_mistake_is_reported_where_it_stands() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
