//! Every sampler holds to the contract.

extern crate tuner_runtime as tuner;

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tuner::sampler::{Auto, CmaEs, Grid, NAMES, Nsga2, Random, Sobol, Tpe, by_name};

use tuner::sampler::{Ask, SampleError, Sampler, Suggestion};
use tuner::space::Space;
use tuner::storage::{Memory, Sqlite, Storage};
use tuner::study::{Core, OnChange, Setup};
use tuner::testing::sampler_contract;
use tuner::trial::Objective;

#[test]
fn random_and_grid() {
    sampler_contract(Random::new);
    sampler_contract(Grid::new);
    sampler_contract(|| Grid::new().points(3));
}

#[test]
fn sobol_and_the_evolutionary_ones() {
    sampler_contract(Sobol::new);
    sampler_contract(CmaEs::new);
    sampler_contract(Nsga2::new);
}

#[test]
fn tpe() {
    sampler_contract(Tpe::new);
}

#[test]
fn auto() {
    sampler_contract(Auto::new);
}

#[cfg(feature = "gp")]
#[test]
fn gp() {
    sampler_contract(tuner::sampler::Gp::new);
}

#[test]
fn every_name_is_under_contract() {
    let checked = ["random", "grid", "sobol", "cmaes", "nsga2", "tpe", "auto"];
    let gp = cfg!(feature = "gp").then_some("gp");
    for name in NAMES {
        assert!(checked.iter().chain(&gp).any(|own| own == name), "{name}");
    }
}

#[test]
fn every_sampler_goes_on_after_every_other() {
    let space = serde_json::json!([
        {"name": "rate", "type": "float", "low": 1e-6, "high": 1e-1, "log": true},
        {"name": "layers", "type": "int", "low": 1, "high": 9},
        {"name": "bias", "type": "bool"},
    ]);
    let (space, _) = Space::from_json(&space).unwrap();
    for (first, second) in NAMES.iter().flat_map(|a| NAMES.iter().map(move |b| (a, b))) {
        let storage = Arc::new(Memory::new());
        for (sampler, trials) in [(first, 8), (second, 16)] {
            let sampler = by_name(sampler, Some(4)).unwrap();
            let mut setup =
                Setup::new(space.clone(), sampler).objective(Objective::minimize("loss"));
            setup.on_change = OnChange::Continue;
            setup.max_trials = Some(trials);
            let study = Core::open(storage.clone(), "study".into(), setup).unwrap();
            loop {
                match study.ask() {
                    Ok(asked) => study.tell(asked.number, asked.number as f64).unwrap(),
                    Err(end) if end.is_end() => break,
                    Err(fault) => panic!("{second} after {first}: {fault}"),
                }
            }
            let begun = study.history().trials().len() as u64;
            assert_eq!(begun, trials, "{second} after {first}");
        }
    }
}

#[test]
fn every_sampler_goes_on_where_the_changed_space_holds_few_trials() {
    let space = |low: f64| {
        let json = serde_json::json!([
            {"name": "rate", "type": "float", "low": low, "high": 1.0},
            {"name": "bias", "type": "bool"},
        ]);
        Space::from_json(&json).unwrap().0
    };
    for name in NAMES {
        for (low, fitting) in [(0.999_999, false), (0.5, true)] {
            let storage = Arc::new(Memory::new());
            for (space, trials) in [(space(0.0), 60), (space(low), 64)] {
                let setup = Setup::new(space, by_name(name, Some(60)).unwrap());
                let mut setup = setup.objective(Objective::minimize("loss"));
                setup.on_change = OnChange::Continue;
                setup.max_trials = Some(trials);
                let study = Core::open(storage.clone(), "study".into(), setup).unwrap();
                while let Ok(asked) = study.ask() {
                    study.tell(asked.number, asked.number as f64).unwrap();
                }
                let history = study.history();
                assert_eq!(history.trials().len() as u64, trials, "{name}");
                let count = history.finished().count() as u64;
                assert_eq!(history.finished_count(), count, "{name}");
                assert!(
                    fitting || trials == 60 || count < 10,
                    "{name} keeps {count}"
                );
            }
        }
    }
}

#[test]
fn a_study_in_a_file_goes_on_with_the_same_bits() {
    let space = serde_json::json!([
        {"name": "rate", "type": "float", "low": 1e-6, "high": 1e-1, "log": true},
        {"name": "x", "type": "float", "low": -5.0, "high": 5.0},
        {"name": "kind", "type": "categorical", "choices": ["a", "b", "c"]},
        {"name": "kind.y", "type": "float", "low": -5.0, "high": 5.0,
         "condition": {"parent": "kind", "values": ["b", "c"]}},
    ]);
    let space = Space::from_json(&space).unwrap().0;
    // Runs 20 trials, each in a session of its own where there is a file.
    let run = |name: &str, file: Option<&Path>| {
        let open = || {
            let storage: Arc<dyn Storage> = match file {
                Some(file) => Arc::new(Sqlite::open(file).unwrap()),
                None => Arc::new(Memory::new()),
            };
            let setup = Setup::new(space.clone(), by_name(name, Some(3)).unwrap())
                .objective(Objective::maximize("score"))
                .max_trials(20)
                .seed(9);
            Core::open(storage, "study".into(), setup).unwrap()
        };
        let mut study = open();
        for number in 0..20 {
            if file.is_some() {
                // The session before has ended.
                drop(study);
                study = open();
            }
            let asked = study.ask().unwrap();
            let value = asked.point.get("x").and_then(|x| x.as_f64()).unwrap();
            study.report(number, 0, 1, 0.3 * value).unwrap();
            match number % 5 {
                3 => study.fail(number, "no room").unwrap(),
                4 => study.prune(number, "not good").unwrap(),
                _ => study.tell(number, 0.1 - value * value / 3.0).unwrap(),
            }
        }
        let history = study.history();
        let trials = history.trials().iter();
        let text = |point| serde_json::to_string(point).unwrap();
        trials.map(|trial| text(&trial.point)).collect::<Vec<_>>()
    };
    let folder = tempfile::tempdir().unwrap();
    for name in NAMES {
        let file = folder.path().join(name);
        assert_eq!(run(name, Some(&file)), run(name, None), "{name}");
    }
}

/// Says when it is asked for its second point, and gives it when it is told to.
struct Slow {
    asked: Mutex<Sender<()>>,
    go_on: Mutex<Receiver<()>>,
}

impl Sampler for Slow {
    fn name(&self) -> String {
        "slow".to_owned()
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        if ask.number == 1 {
            let (asked, go_on) = (self.asked.lock(), self.go_on.lock());
            let asked = asked.expect("only this thread asks");
            asked.send(()).expect("the test listens");
            let go_on = go_on.expect("only this thread asks");
            let told = go_on.recv_timeout(Duration::from_secs(60));
            told.expect("the test says when to go on");
        }
        Ok(ask.space().sample(&mut ask.rng()).into())
    }
}

#[test]
fn other_workers_report_and_finish_while_a_sampler_thinks() {
    let json = serde_json::json!([{"name": "x", "type": "float", "low": 0.0, "high": 1.0}]);
    let space = Space::from_json(&json).unwrap().0;
    let (asked, is_asked) = channel();
    let (go_on, goes_on) = channel();
    let sampler = Slow {
        asked: Mutex::new(asked),
        go_on: Mutex::new(goes_on),
    };
    let setup = Setup::new(space, sampler).objective(Objective::minimize("loss"));
    let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
    let first = study.ask().unwrap();
    std::thread::scope(|scope| {
        let second = scope.spawn(|| study.ask().unwrap());
        is_asked.recv_timeout(Duration::from_secs(60)).unwrap();
        // The sampler thinks now; were a lock held, these would wait for it, and it for `go_on`.
        study.report(first.number, 0, 1, 0.7).unwrap();
        study.tell(first.number, 0.5).unwrap();
        go_on.send(()).unwrap();
        assert_eq!(second.join().unwrap().number, 1);
    });
    assert_eq!(study.history().finished_count(), 1);
}

#[cfg(feature = "gp")]
#[test]
fn what_a_pruned_trial_reported_is_evidence_and_never_a_value() {
    // Every trial reports half-way what it will end with; those with x beyond 0.6 are pruned there, with reports that would
    // win or that are the worst of all.
    let axis = |name| serde_json::json!({"name": name, "type": "float", "low": 0.0, "high": 1.0});
    let space = Space::from_json(&serde_json::json!([axis("x"), axis("y"), axis("z")]));
    let space = space.unwrap().0;
    let run = |wins: bool, seed: u64| {
        let setup = Setup::new(space.clone(), tuner::sampler::Gp::new())
            .objective(Objective::minimize("loss"))
            .max_trials(30)
            .seed(seed);
        let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
        let mut there = 0;
        while let Ok(asked) = study.ask() {
            let at = |name| asked.point.get(name).and_then(|x| x.as_f64()).unwrap();
            let away = [(at("x"), 0.45), (at("y"), 0.3), (at("z"), 0.7)];
            let loss: f64 = away.iter().map(|(x, best)| (x - best).powi(2)).sum();
            let pruned = at("x") > 0.6;
            let half_way = match pruned {
                true if wins => loss - 2.0,
                true => loss + 2.0,
                false => loss,
            };
            study.report(asked.number, 0, 1, half_way).unwrap();
            if pruned {
                there += u32::from(asked.number >= 10);
                study.prune(asked.number, "half-way".to_owned()).unwrap();
            } else {
                study.tell(asked.number, loss).unwrap();
            }
        }
        let history = study.history();
        let best = history.best().unwrap().value().unwrap();
        assert!((0.0..0.5).contains(&best), "{best}");
        there
    };
    // Of 20 trials of each study luck would spend 8 there.
    let sum = |wins: bool| -> u32 { (1..=8).map(|seed| run(wins, seed)).sum() };
    let (promising, hopeless) = (sum(true), sum(false));
    assert!(
        promising >= 8 * 16 && hopeless <= 8 * 3,
        "{promising} {hopeless}"
    );
}

#[test]
fn tpe_refuses_several_objectives() {
    let params = serde_json::json!([{"name": "x", "type": "float", "low": 0.0, "high": 1.0}]);
    let setup = Setup::new(Space::from_json(&params).unwrap().0, Tpe::new())
        .objective(Objective::minimize("loss"))
        .objective(Objective::minimize("time"));
    let opened = Core::open(Arc::new(Memory::new()), "study".into(), setup);
    let fault = opened.err().unwrap();
    assert!(
        fault.to_string().contains("TPE follows one objective"),
        "{fault}"
    );
}

#[test]
fn what_hangs_below_a_single_value_is_varied() {
    let json = serde_json::json!([
        {"name": "kind", "type": "categorical", "choices": ["only"]},
        {"name": "x", "type": "float", "low": 0.0, "high": 1.0,
         "condition": {"parent": "kind", "values": ["only"]}},
        {"name": "depth", "type": "int", "low": 3, "high": 3,
         "condition": {"parent": "kind", "values": ["only"]}},
        {"name": "y", "type": "float", "low": 0.0, "high": 1.0,
         "condition": {"parent": "depth", "at_least": 2}},
        {"name": "z", "type": "float", "low": 0.0, "high": 1.0},
    ]);
    let space = Space::from_json(&json).unwrap().0;
    for name in NAMES.iter().filter(|name| **name != "grid") {
        let setup = Setup::new(space.clone(), by_name(name, None).unwrap())
            .objective(Objective::minimize("loss"))
            .seed(1);
        let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..30 {
            let asked = study.ask().unwrap();
            let at = |name| asked.point.get(name).and_then(|x| x.as_f64()).unwrap();
            let (x, y) = (at("x"), at("y"));
            seen.insert((x.to_bits(), y.to_bits()));
            let loss = (x - 0.2).powi(2) + (y - 0.9).powi(2);
            study.tell(asked.number, loss).unwrap();
        }
        let best = study.history().best().unwrap().value().unwrap();
        assert!(
            seen.len() > 25 && best < 0.05,
            "{name}: {} {best}",
            seen.len()
        );
    }
}

#[cfg(feature = "gp")]
#[test]
fn each_branch_is_begun_before_any_is_gone_on_with() {
    let own = |name: String, condition: serde_json::Value| {
        serde_json::json!({"name": name, "type": "float", "low": 0.0, "high": 1.0,
            "condition": condition})
    };
    let kinds = ["a", "b", "c", "d", "e", "f"];
    let mut by_category =
        vec![serde_json::json!({"name": "parent", "type": "categorical", "choices": kinds})];
    by_category.extend(kinds.map(|kind| {
        let condition = serde_json::json!({"parent": "parent", "values": [kind]});
        own(format!("x{kind}"), condition)
    }));
    let mut by_length =
        vec![serde_json::json!({"name": "parent", "type": "int", "low": 1, "high": 5})];
    by_length.extend((2..=5).map(|least| {
        let condition = serde_json::json!({"parent": "parent", "at_least": least});
        own(format!("x{least}"), condition)
    }));
    for (params, branches) in [(by_category, 6), (by_length, 5)] {
        let space = Space::from_json(&params.into()).unwrap().0;
        for seed in 0..8 {
            let setup = Setup::new(space.clone(), tuner::sampler::Gp::new())
                .objective(Objective::minimize("loss"))
                .seed(seed);
            let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
            let mut seen = std::collections::HashSet::new();
            for _ in 0..branches {
                let asked = study.ask().unwrap();
                seen.insert(format!("{:?}", asked.point.get("parent")));
                study.tell(asked.number, 1.0).unwrap();
            }
            assert_eq!(seen.len(), branches, "seed {seed}: {seen:?}");
        }
    }
}

#[cfg(feature = "gp")]
#[test]
fn a_branch_that_began_badly_is_looked_at_again() {
    // The best branch is better than the others by less than each of them varies: a few trials do not show it. Searches
    // that never go back to a branch find it in half of the studies.
    let axis =
        |name: &str| serde_json::json!({"name": name, "type": "float", "low": 0.0, "high": 1.0});
    let branches = [
        ("a", 0.30, [0.3, 0.5]),
        ("b", 0.22, [0.85, 0.15]),
        ("c", 0.26, [0.5, 0.9]),
    ];
    let mut params = vec![
        serde_json::json!({"name": "kind", "type": "categorical", "choices": ["a", "b", "c"]}),
        axis("x"),
        axis("y"),
    ];
    for (kind, ..) in branches {
        for place in 0..2 {
            let mut own = axis(&format!("{kind}{place}"));
            own["condition"] = serde_json::json!({"parent": "kind", "values": [kind]});
            params.push(own);
        }
    }
    let space = Space::from_json(&params.into()).unwrap().0;
    let value = |point: &tuner::space::Point| {
        let away = |name: &str, best: f64| {
            let at = point.get(name).and_then(|x| x.as_f64()).unwrap();
            (at - best).powi(2)
        };
        let kind = point.get("kind").and_then(|kind| kind.as_str()).unwrap();
        let (_, least, best) = branches.iter().find(|(name, ..)| *name == kind).unwrap();
        let own = away(&format!("{kind}0"), best[0]) + away(&format!("{kind}1"), best[1]);
        least + 0.1 * (away("x", 0.4) + away("y", 0.6)) + 2.0 * own
    };
    let found = |seed: u64| {
        let setup = Setup::new(space.clone(), tuner::sampler::Gp::new())
            .objective(Objective::minimize("loss"))
            .max_trials(70)
            .seed(seed);
        let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
        while let Ok(asked) = study.ask() {
            study.tell(asked.number, value(&asked.point)).unwrap();
        }
        study.history().best().unwrap().value().unwrap()
    };
    let values: Vec<f64> = (1..=12).map(found).collect();
    let right = values.iter().filter(|value| **value < 0.25).count();
    assert!(right >= 11, "{values:?}");
}
