//! The commands that read a study of several objectives.

mod support;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use support::tuner;
use tuner_runtime::sampler::Grid;
use tuner_runtime::space::Space;
use tuner_runtime::storage::Sqlite;
use tuner_runtime::study::{Core, Setup};
use tuner_runtime::trial::Objective;

/// Three trials, the last of which is behind the others in both objectives.
fn fill(file: &Path) -> Result<(), Box<dyn Error>> {
    let space = json!([{"name": "n", "type": "int", "low": 0, "high": 2}]);
    let (space, _) = Space::from_json(&space)?;
    let setup = Setup::new(space, Grid::new())
        .objective(Objective::minimize("loss"))
        .objective(Objective::maximize("speed"));
    let study = Core::open(Arc::new(Sqlite::open(file)?), "study".into(), setup)?;
    for (loss, speed) in [(0.5, 9.0), (0.25, 3.0), (0.75, 1.0)] {
        study.tell(study.ask()?.number, [("loss", loss), ("speed", speed)])?;
    }
    Ok(())
}

#[test]
fn every_objective_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    fill(&file).unwrap();
    let file = file.to_str().unwrap();
    let studies = tuner(&["studies", file, "--json"]).json();
    assert_eq!(studies[0]["objective"], "minimize loss, maximize speed");
    let best = tuner(&["best", file]).output;
    let (_, front) = best
        .split_once("no trial beats these 2 in all objectives:\n")
        .unwrap();
    let lines: Vec<Vec<&str>> = front
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let head = [
        "trial",
        "state",
        "loss",
        "speed",
        "seconds",
        "configuration",
    ];
    assert_eq!(lines[0], head, "{best}");
    assert_eq!(lines.len(), 3, "{best}");
    assert_eq!(lines[2][..4], ["1", "finished", "0.25", "3"], "{best}");
}

#[test]
fn trials_that_lack_a_new_objective_are_told() {
    use tuner_runtime::study::OnChange;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    fill(&file).unwrap();
    let space = json!([{"name": "n", "type": "int", "low": 0, "high": 2}]);
    let (space, _) = Space::from_json(&space).unwrap();
    let mut setup = Setup::new(space, Grid::new()).objective("val_loss");
    setup.on_change = OnChange::Continue;
    Core::open(
        Arc::new(Sqlite::open(&file).unwrap()),
        "study".into(),
        setup,
    )
    .unwrap();
    let error = tuner(&["best", file.to_str().unwrap()]).error;
    let words = "3 trials without `val_loss`, which was no objective when they ended";
    assert!(error.contains(words), "{error}");
}
