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

/// The lines of code, without comments and with tests cut off. Of an import there is a line for each path.
fn code(text: &str) -> Vec<String> {
    let tests = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    let mut lines = text[..tests]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some((visibility, first)) = import(line) else {
            found.push(line.to_string());
            continue;
        };
        let mut tree = String::new();
        let mut next = Some(first);
        while let Some(line) = next {
            let own = line.split("//").next().unwrap();
            tree.extend(own.split_whitespace().flat_map(|word| [word, " "]));
            next = if own.contains(';') {
                None
            } else {
                lines.next()
            };
        }
        let tree = tree.split(';').next().unwrap();
        let prefix = format!("{visibility}use ");
        expand(&prefix, tree, &mut found);
    }
    found
}

/// The visibility of an import that begins in a line, and what follows `use`.
fn import(line: &str) -> Option<(&str, &str)> {
    let (visibility, tree) = line.trim_start().split_once("use ")?;
    let restricted = visibility.starts_with("pub(") && visibility.ends_with(") ");
    (["", "pub "].contains(&visibility) || restricted).then_some((visibility, tree))
}

/// Each path of a tree of imports, after what stands before all of them.
fn expand(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.replace(":: ", "::");
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        found.push(format!("{prefix}{tree};"));
        return;
    };
    let prefix = format!("{prefix}{head}");
    let group = group.rsplit_once('}').map_or(group, |(inner, _)| inner);
    let mut depth = 0;
    let parts = group.split(|c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    for part in parts.filter(|part| !part.trim().is_empty()) {
        expand(&prefix, part, found);
    }
}

/// The rooms that a line of code names after `crate::`, or after as many `super::` as lead there from a module so deep.
fn imported(line: &str, depth: usize) -> Vec<String> {
    let line = line.replace(&"super::".repeat(depth), "crate::");
    let rooms = line.split("crate::").skip(1).map(|name| {
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
        name[..end.unwrap_or(name.len())].to_string()
    });
    rooms.collect()
}

/// How many modules lie between a file of the runtime and the root of the crate, itself included.
fn depth(path: &Path) -> usize {
    let below = path.strip_prefix(runtime()).unwrap();
    below.components().count() - usize::from(below.ends_with("mod.rs"))
}

#[test]
fn imports_are_read_to_their_end() {
    let text = "
//! use crate::study::Core;
use crate::trial::History;
pub use crate::space::{Point, Space};
pub(crate) use crate::{
    trial::{History, TrialRecord}, // The record.
    // Its sampler.
    sampler::{
        Ask, gp::{self, Gp as Process},
    },
    math,
};
use std::{collections::HashSet, time::Instant};
let used = crate::gp::fit(super::super::report::best());
#[cfg(test)]
mod tests {
    use crate::search::Tuner;
}";
    let lines = code(text);
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    assert_eq!(
        lines[1..],
        [
            "use crate::trial::History;",
            "pub use crate::space::Point;",
            "pub use crate::space::Space;",
            "pub(crate) use crate::trial::History;",
            "pub(crate) use crate::trial::TrialRecord;",
            "pub(crate) use crate::sampler::Ask;",
            "pub(crate) use crate::sampler::gp::self;",
            "pub(crate) use crate::sampler::gp::Gp as Process;",
            "pub(crate) use crate::math;",
            "use std::collections::HashSet;",
            "use std::time::Instant;",
            "let used = crate::gp::fit(super::super::report::best());",
        ]
    );
    let last = lines.last().unwrap();
    assert_eq!(imported(last, 2), ["gp", "report"]);
    assert_eq!(imported(last, 3), ["gp"]);
    assert_eq!(depth(&runtime().join("gp/mod.rs")), 1);
    assert_eq!(depth(&runtime().join("gp/data.rs")), 2);
}

#[test]
fn no_import_runs_upwards() {
    let names: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let mut faults = Vec::new();
    for (room, allowed) in ROOMS {
        for (path, text) in sources(&runtime().join(room)) {
            for line in code(&text) {
                for used in imported(&line, depth(&path)) {
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
        code(&text).iter().all(|line| !line.contains("fn ")),
        "logic belongs into the runtime"
    );
}
