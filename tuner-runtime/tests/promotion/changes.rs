//! Studies that go on with another pruner or space while trials wait.

use crate::{runs, states};
use serde_json::json;
use std::sync::Arc;
use tuner::pruner::{Asha, Hyperband, Median, Pruner, Threshold};
use tuner::sampler::Random;
use tuner::space::Space;
use tuner::storage::Memory;
use tuner::study::{Core, OnChange, Setup};
use tuner::trial::Objective;

/// Nine trials, a third of which the space holds up to `high`, go on with another pruner.
fn changed(pruner: Option<Arc<dyn Pruner>>, first: Arc<dyn Pruner>, high: f64) -> Core {
    let storage = Arc::new(Memory::new());
    let open = |pruner, high: f64| {
        let json = json!([{"name": "x", "type": "float", "low": 0.0, "high": high}]);
        let (space, _) = Space::from_json(&json).unwrap();
        let mut setup = Setup::new(space, Random::new()).objective(Objective::minimize("loss"));
        setup.pruner = pruner;
        setup.max_trials = Some(9);
        setup.on_change = OnChange::Continue;
        Core::open(storage.clone(), "study".into(), setup).unwrap()
    };
    let before = open(Some(first), 1.0);
    for number in 0..8 {
        let asked = before.ask().unwrap();
        let step = asked.until.unwrap();
        before.report(asked.number, 0, step, number as f64).unwrap();
        before.pause(asked.number).unwrap();
    }
    drop(before);
    let study = open(pruner, high);
    runs(&study, |number| number as f64, 100);
    study
}

#[test]
fn what_waits_runs_to_its_end_where_nobody_waits_any_more() {
    let others: [Option<Arc<dyn Pruner>>; 4] = [
        None,
        Some(Arc::new(Median::new().startup_trials(50))),
        Some(Arc::new(Asha::new().first_rung(1000))),
        Some(Arc::new(Threshold::new())),
    ];
    for pruner in others {
        let name = pruner.as_ref().map(|pruner| pruner.name());
        let study = changed(pruner, Arc::new(Hyperband::new(9)), 1.0);
        assert_eq!(states(&study)["finished"].len(), 9, "{name:?}");
    }
}

#[test]
fn what_waits_at_steps_of_another_pruner_is_judged_there() {
    let first: [Arc<dyn Pruner>; 2] = [
        Arc::new(Hyperband::new(81)),
        Arc::new(Asha::new().first_rung(2).promoting(81)),
    ];
    for first in first {
        // Rungs at 1, 3, 11 and 33.
        let study = changed(Some(Arc::new(Hyperband::new(100))), first, 1.0);
        let states = states(&study);
        assert_eq!((states["finished"].len(), states["pruned"].len()), (1, 8));
        assert_eq!(states["finished"], [0]);
    }
}

#[test]
fn what_the_changed_space_does_not_hold_is_dropped() {
    let study = changed(
        Some(Arc::new(Hyperband::new(9))),
        Arc::new(Hyperband::new(9)),
        0.5,
    );
    let history = study.history();
    assert_eq!(history.paused().count(), 0);
    let lost = history.trials().iter().filter(|trial| !trial.fits);
    let messages: Vec<_> = lost.map(|trial| trial.message.as_deref()).collect();
    assert!(!messages.is_empty());
    assert!(
        messages
            .iter()
            .all(|message| *message == Some("the changed space does not hold it"))
    );
    assert!(history.finished_count() > 0);
}
