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

#[test]
fn the_guide_quotes_what_the_compiler_says() {
    let guide = std::fs::read_to_string("../docs/spaces.md").expect("the guide is there");
    let stored = messages("../tests/ui").join("\n");
    let quoted: Vec<&str> = guide
        .lines()
        .filter(|line| line.starts_with("error"))
        .collect();
    assert!(quoted.len() >= 10, "the guide shows a mistake for each key");
    for line in quoted {
        assert!(
            stored.contains(line),
            "no program below `tests/ui` says: {line}"
        );
    }
}

/// The messages stored below a folder.
fn messages(folder: &str) -> Vec<String> {
    let folders = std::fs::read_dir(folder).expect("the folder is there");
    let folders = folders.map(|entry| entry.expect("it can be read").path());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).expect("it holds programs"));
    let files = files.map(|entry| entry.expect("it can be read").path());
    let stored = files.filter(|path| path.extension().is_some_and(|kind| kind == "stderr"));
    let read = |path| std::fs::read_to_string(path).expect("a message is text");
    stored.map(read).collect()
}
