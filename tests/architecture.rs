//! The floors of the house: which room may use which, and what no room may touch.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room of the runtime with the rooms that it may import, lowest floor first.
const ROOMS: &[(&str, &[&str])] = &[
    ("math", &[]),
    ("space", &["math"]),
    ("gp", &["math"]),
    ("trial", &["space"]),
    ("sampler", &["trial", "gp", "space", "math"]),
    ("pruner", &["trial", "space", "math"]),
    ("storage", &["trial", "space"]),
    (
        "study",
        &["storage", "sampler", "pruner", "trial", "space", "math"],
    ),
    (
        "search",
        &[
            "study", "storage", "sampler", "pruner", "trial", "space", "math",
        ],
    ),
    ("data", &["math"]),
    (
        "train",
        &["data", "search", "study", "trial", "space", "math"],
    ),
    (
        "report",
        &[
            "study", "storage", "sampler", "trial", "gp", "space", "math",
        ],
    ),
    (
        "testing",
        &[
            "report", "search", "study", "storage", "sampler", "pruner", "trial", "space", "math",
        ],
    ),
];

fn runtime() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tuner-runtime/src")
}

/// Every Rust file below a folder, with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folder
        .exists()
        .then(|| folder.to_path_buf())
        .into_iter()
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The lines of code, without comments and with tests cut off.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let tests = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    text[..tests]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
}

/// The rooms that a line of code names after `crate::`, groups of imports included.
fn imported(line: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for part in line.split("crate::").skip(1) {
        let names: Vec<&str> = match part.strip_prefix('{') {
            Some(group) => group.trim_end_matches("};").split(", ").collect(),
            None => vec![part],
        };
        for name in names {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
            rooms.push(name[..end.unwrap_or(name.len())].to_string());
        }
    }
    rooms
}

#[test]
fn no_import_runs_upwards() {
    let names: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let mut faults = Vec::new();
    for (room, allowed) in ROOMS {
        for (path, text) in sources(&runtime().join(room)) {
            for line in code(&text) {
                for used in imported(line) {
                    let foreign = names.contains(&*used) && used != *room;
                    if foreign && !allowed.contains(&&*used) {
                        faults.push(format!("{}: {room} uses {used}: {line}", path.display()));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_room_stands_in_the_plan() {
    let planned: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    for entry in fs::read_dir(runtime()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            !path.is_dir() || planned.contains(&*name),
            "give {name} a place in ROOMS"
        );
    }
}

#[test]
fn the_plan_has_no_two_rooms_that_use_each_other() {
    for (i, (room, allowed)) in ROOMS.iter().enumerate() {
        let below: BTreeSet<&str> = ROOMS[..i].iter().map(|(room, _)| *room).collect();
        let upwards: Vec<_> = allowed
            .iter()
            .filter(|used| !below.contains(**used))
            .collect();
        assert!(upwards.is_empty(), "{room} would use {upwards:?} above it");
    }
}

#[test]
fn numbers_know_no_clock_no_file_and_no_chance_of_their_own() {
    let forbidden = [
        "std::time",
        "std::fs",
        "std::thread",
        "thread_rng",
        "rand::rng(",
        "std::env",
    ];
    for room in ["math", "space", "gp"] {
        for (path, text) in sources(&runtime().join(room)) {
            for line in code(&text) {
                let found = forbidden.iter().find(|word| line.contains(**word));
                assert!(found.is_none(), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn engines_stay_behind_their_rooms() {
    for (path, text) in sources(&runtime()) {
        let inside = |room: &str| path.starts_with(runtime().join(room));
        for line in code(&text) {
            let public = line.trim_start().starts_with("pub ");
            let names = |engine: &str| line.contains(&format!("{engine}::"));
            assert!(
                !names("dfdx") || inside("train"),
                "{}: {line}",
                path.display()
            );
            if public && !inside("train") {
                let leaked = ["rand", "chacha20", "faer"]
                    .iter()
                    .find(|engine| names(engine));
                assert!(leaked.is_none(), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn the_macros_depend_on_nothing_that_runs() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tuner-macros/Cargo.toml");
    let text = fs::read_to_string(manifest).unwrap();
    let section = text.split("[dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let names: Vec<&str> = section
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" ="))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["syn", "quote", "proc-macro2"]);
}

#[test]
fn each_file_says_its_subject_and_stays_readable() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in [
        "src",
        "tuner-macros/src",
        "tuner-runtime/src",
        "tuner-cli/src",
    ] {
        for (path, text) in sources(&root.join(folder)) {
            assert!(
                text.starts_with("//!"),
                "{} does not say what it is for",
                path.display()
            );
            let lines = text.lines().count();
            assert!(
                lines <= 500,
                "{} has {lines} lines; part it",
                path.display()
            );
        }
    }
}

#[test]
fn the_facade_holds_no_logic() {
    let facade = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(facade).unwrap();
    assert!(text.lines().count() < 80);
    assert!(
        code(&text).all(|line| !line.contains("fn ")),
        "logic belongs into the runtime"
    );
}
