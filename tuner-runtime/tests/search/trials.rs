//! What a search of any kind must do: distinct trials, the same for any number of workers.

use std::collections::HashSet;
use std::sync::Mutex;

use tuner::sampler::Grid;
use tuner::search::{End, Execution, Tuner};
use tuner::space::Value;
use tuner::trial::{Metrics, State};

use crate::{Net, loss, quiet};

/// Numbers, points and every bit of the values.
fn fingerprint(tuner: &Tuner<Net>) -> Vec<(u64, String, Vec<u64>)> {
    let history = tuner.study().history();
    let trials = history.trials().iter();
    trials
        .map(|record| {
            let runs = record.executions.iter();
            let bits = runs
                .filter_map(|run| run.metrics.as_ref()?.get("loss"))
                .chain(record.value())
                .map(f64::to_bits);
            (record.number, record.point.to_string(), bits.collect())
        })
        .collect()
}

#[test]
fn workers_do_not_change_trials_or_values() {
    let run = |workers| {
        let builder = quiet().max_trials(20).executions_per_trial(3);
        let mut tuner = builder.workers(workers).build().unwrap();
        let end = tuner
            .search(|run: &mut Execution, net: Net| loss(&net, run.seed()))
            .unwrap();
        assert_eq!(end, End::Trials);
        fingerprint(&tuner)
    };
    let alone = run(1);
    assert_eq!(alone.len(), 20);
    assert!(alone.iter().all(|(.., bits)| bits.len() == 4));
    assert_eq!(run(2), alone);
    assert_eq!(run(5), alone);
    let points: HashSet<&String> = alone.iter().map(|(_, point, _)| point).collect();
    assert_eq!(points.len(), 20, "none is tried twice");
}

#[test]
fn random_search_repeats_only_when_all_was_tried() {
    let mut tuner = quiet().max_trials(30).build().unwrap();
    tuner
        .search(|_: &mut Execution, net: Net| loss(&net, 0))
        .unwrap();
    let trials = fingerprint(&tuner);
    let points = |trials: &[(u64, String, Vec<u64>)]| -> HashSet<String> {
        trials.iter().map(|(_, point, _)| point.clone()).collect()
    };
    assert_eq!(trials.len(), 30);
    assert_eq!(points(&trials[..24]).len(), 24);
}

#[test]
fn the_value_is_the_mean_and_every_run_has_its_own_seed() {
    let seeds = Mutex::new(HashSet::new());
    let mut tuner = quiet()
        .max_trials(3)
        .executions_per_trial(4)
        .build()
        .unwrap();
    tuner
        .search(|run: &mut Execution, _: Net| {
            assert!(seeds.lock().unwrap().insert(run.seed()));
            run.execution() as f64
        })
        .unwrap();
    assert_eq!(seeds.into_inner().unwrap().len(), 12);
    for record in tuner.study().trials() {
        assert_eq!(record.value(), Some(1.5));
        assert_eq!(record.executions.len(), 4);
    }
}

#[test]
fn grid_search_tries_every_configuration_once() {
    let mut tuner = quiet().sampler(Grid::new()).workers(2).build().unwrap();
    let end = tuner.search(|_: &mut Execution, net: Net| loss(&net, 0));
    assert_eq!(end.unwrap(), End::Exhausted);
    let trials = tuner.study().trials();
    let points: HashSet<String> = trials.iter().map(|t| t.point.to_string()).collect();
    assert_eq!((trials.len(), points.len()), (24, 24));
    let best: Net = tuner.best_hyperparameters().unwrap();
    let expected = Net {
        units: vec![1],
        bias: false,
    };
    assert_eq!(best, expected);
    let values: Vec<f64> = tuner.best(24).iter().map(|best| best.value).collect();
    assert!(values.is_sorted() && values.len() == 24);
}

#[test]
fn a_point_on_the_queue_comes_first() {
    let mut tuner = quiet().sampler(Grid::new()).build().unwrap();
    let chosen = Net {
        units: vec![3, 2],
        bias: true,
    };
    tuner.enqueue(&chosen).unwrap();
    let outside = Net {
        units: vec![4],
        bias: true,
    };
    let error = tuner.enqueue(&outside).unwrap_err().to_string();
    assert!(error.contains("4"), "{error}");
    tuner
        .search(|_: &mut Execution, net: Net| loss(&net, 0))
        .unwrap();
    let trials = tuner.study().trials();
    assert_eq!(trials.len(), 24, "the grid leaves out what was tried");
    assert_eq!(tuner.study().params(&trials[0]), Some(chosen));
}

#[test]
fn reports_are_kept_and_the_best_one_counts_without_a_result() {
    let mut tuner = quiet().max_trials(2).build().unwrap();
    tuner
        .search(|run: &mut Execution, _: Net| -> tuner::search::Outcome {
            for (epoch, loss) in [(1, 0.5), (2, 0.25), (3, 0.75)] {
                let metrics = Metrics::new()
                    .with("loss", loss)
                    .with("epoch", epoch as f64);
                if run.report(epoch, metrics).is_err() {
                    break;
                }
            }
            tuner::search::Outcome::Reported
        })
        .unwrap();
    for record in tuner.study().trials() {
        assert_eq!(record.value(), Some(0.25));
        assert_eq!(record.metrics.get("epoch"), Some(2.0));
        let curve: Vec<(u64, f64)> = record.executions[0].curve.of("loss").collect();
        assert_eq!(curve, [(1, 0.5), (2, 0.25), (3, 0.75)]);
    }
}

#[test]
fn the_best_report_is_one_that_keeps_the_constraints() {
    use tuner::trial::Constraint;
    let search = |limit: f64| {
        let builder = quiet().constraint(Constraint::at_most("s", limit));
        let mut tuner = builder.max_trials(1).build().unwrap();
        tuner
            .search(|run: &mut Execution, _: Net| {
                for (step, s, loss) in [(1, 0.3, 1.0), (2, 0.4, 0.8), (3, 0.6, 0.5), (4, 0.9, 0.3)]
                {
                    let _ = run.report(step, [("loss", loss), ("s", s)]);
                }
            })
            .unwrap();
        tuner.best_trial().unwrap().value
    };
    assert_eq!(search(0.5), 0.8);
    assert_eq!(search(0.1), 0.3, "none keeps it");
}

#[test]
fn several_objectives_and_constraints_are_recorded() {
    use tuner::trial::{Constraint, Objective};
    let mut tuner = quiet()
        .objective(Objective::maximize("speed"))
        .constraint(Constraint::at_most("size", 2.0))
        .sampler(Grid::new())
        .build()
        .unwrap();
    tuner
        .search(|_: &mut Execution, net: Net| {
            let size = net.units.iter().sum::<usize>() as f64;
            Metrics::new()
                .with("loss", -size)
                .with("speed", 1.0 / size)
                .with("size", size)
        })
        .unwrap();
    let best = tuner.best_trial().unwrap();
    assert_eq!(
        best.metrics.get("size"),
        Some(2.0),
        "larger ones miss the bound"
    );
    let record = tuner.study().trials()[best.number as usize].clone();
    assert_eq!(record.values, [-2.0, 0.5]);
    let active = |record: &tuner::trial::TrialRecord, name| record.point.get(name).cloned();
    let one_layer = active(&record, "units.len") == Some(Value::Int(1));
    assert_eq!(active(&record, "units[1]").is_none(), one_layer);
    assert!(
        tuner
            .study()
            .trials()
            .iter()
            .all(|t| t.state == State::Finished)
    );
}

#[test]
fn the_folders_of_the_best_trials_are_kept_within_their_budget() {
    let folder = tempfile::tempdir().unwrap();
    let search = |name: &str, bytes: u64| {
        let builder = quiet().max_trials(9).keep_best(4).keep_bytes(bytes);
        let builder = builder.directory(folder.path()).project_name(name);
        let mut tuner = builder.workers(2).executions_per_trial(2).build().unwrap();
        tuner
            .search(|run: &mut Execution, net: Net| -> std::io::Result<f64> {
                std::fs::write(run.directory().join("weights"), [7; 100])?;
                Ok(loss(&net, run.seed()))
            })
            .unwrap();
        let mut kept: Vec<u64> = std::fs::read_dir(tuner.directory().unwrap().join("trials"))
            .unwrap()
            .map(|entry| {
                entry
                    .unwrap()
                    .file_name()
                    .to_str()
                    .unwrap()
                    .parse()
                    .unwrap()
            })
            .collect();
        kept.sort_unstable();
        let mut best: Vec<u64> = tuner.best(4).iter().map(|best| best.number).collect();
        let (trial, execution) = tuner.best_execution().unwrap();
        assert_eq!(trial, best[0]);
        let weights = tuner.directory_of(trial, execution).join("weights");
        assert_eq!(std::fs::read(weights).unwrap(), [7; 100]);
        best.truncate(kept.len());
        best.sort_unstable();
        assert_eq!(kept, best);
        kept.len()
    };
    assert_eq!(search("plenty", 10_000), 4);
    assert_eq!(search("two", 500), 2);
    assert_eq!(search("none", 10), 1, "the best is kept in any case");
}

#[test]
fn every_suggestion_can_be_replayed_from_what_it_took_into_account() {
    use tuner::sampler::{Ask, Sampler, Tpe};
    use tuner::trial::{History, Origin};
    let builder = quiet().sampler(Tpe::new()).max_trials(40);
    let mut tuner = builder.workers(3).build().unwrap();
    tuner
        .search(|run: &mut Execution, net: Net| loss(&net, run.seed()))
        .unwrap();
    let core = tuner.study().core();
    let events = core.storage().read(core.id(), 0).unwrap();
    for record in tuner.study().trials() {
        assert_eq!(record.origin, Origin::Suggested);
        let known = &events[..record.seen as usize];
        let history = History::fold(known).unwrap().unwrap();
        let ask = Ask {
            history: &history,
            number: record.number,
            budget: core.max_trials(),
        };
        let again = Tpe::new().suggest(&ask).unwrap();
        assert_eq!(again.point, record.point, "trial {}", record.number);
    }
}
