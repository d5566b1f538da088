//! Searches with several objectives: what is kept and said of the front, and when they end.

use tuner::search::{End, Execution, TunerBuilder};
use tuner::trial::{Metrics, Objective};

use crate::{Net, quiet};

/// A search of two objectives.
fn two() -> TunerBuilder<Net> {
    quiet().objective(Objective::minimize("mae"))
}

/// What one objective gains the other one loses.
fn trade(loss: f64) -> Metrics {
    Metrics::new().with("loss", loss).with("mae", 1.0 - loss)
}

#[test]
fn the_folders_that_stay_spread_over_the_front() {
    let folder = tempfile::tempdir().unwrap();
    let builder = two().max_trials(20).keep_best(5);
    let mut tuner = builder.directory(folder.path()).build().unwrap();
    tuner
        .search(|run: &mut Execution, _: Net| {
            std::fs::write(run.directory().join("weights"), [7; 9]).unwrap();
            match run.number() {
                // Better in the first objective than most, and beaten in both.
                19 => Metrics::new().with("loss", 0.04).with("mae", 2.0),
                number => trade(number as f64 * 7.0 % 19.0 / 20.0),
            }
        })
        .unwrap();
    let has_folder = |number: &u64| tuner.directory_of(*number, 0).exists();
    let front: Vec<u64> = tuner.study().front().iter().map(|t| t.number).collect();
    assert_eq!(front.len(), 19);
    let kept: Vec<u64> = (0..20).filter(has_folder).collect();
    let mut losses: Vec<f64> = tuner.study().trials().iter().map(|t| t.values[0]).collect();
    let of = |number: &u64| losses[*number as usize];
    let mut spread: Vec<f64> = kept.iter().map(of).collect();
    spread.sort_by(f64::total_cmp);
    losses.sort_by(f64::total_cmp);
    assert_eq!(spread.len(), 5, "{spread:?}");
    assert_eq!((spread[0], spread[4]), (losses[0], losses[19]));
    let gaps = spread.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(gaps.fold(0.0, f64::max) < 0.5, "{spread:?}");
    assert!(!has_folder(&19), "it is beaten");
}

#[test]
fn what_enters_the_front_is_an_improvement() {
    let search = |values: fn(u64) -> Metrics| {
        let mut tuner = two().max_trials(15).patience(3).build().unwrap();
        let end = tuner.search(|run: &mut Execution, _: Net| values(run.number()));
        (end.unwrap(), tuner.study().trials().len())
    };
    // The first objective alone gets worse from the first trial on.
    let ended = search(|number| trade(number as f64 / 20.0));
    assert_eq!(ended, (End::Trials, 15));
    // As good as one before in all objectives is no improvement, nor is worse in both.
    let ended = search(|number| match number {
        0..=4 => trade(number as f64 / 10.0),
        5 | 6 => trade(0.2),
        _ => Metrics::new().with("loss", 0.5).with("mae", 0.9),
    });
    assert_eq!(ended, (End::NoImprovement, 8));
}

#[test]
fn the_summary_shows_the_front_first_and_how_large_it_is() {
    let mut tuner = two().max_trials(14).build().unwrap();
    tuner
        .search(|run: &mut Execution, _: Net| match run.number() {
            number @ 0..=3 => trade(number as f64 / 4.0),
            number => Metrics::new()
                .with("loss", number as f64 / 100.0)
                .with("mae", 2.0),
        })
        .unwrap();
    let numbers = |text: &str| -> Vec<u64> {
        let firsts = text
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        firsts.filter_map(|word| word.parse().ok()).collect()
    };
    let text = tuner.results_summary();
    let (_, text) = text
        .split_once("no trial beats these 4 in all objectives:\n")
        .unwrap();
    let (front, others) = text
        .split_once("the others, the best in loss first:\n")
        .unwrap();
    assert_eq!(numbers(front), [0, 1, 2, 3]);
    assert_eq!(numbers(others), [4, 5, 6, 7, 8, 9]);
    let text = tuner::search::results_table(&tuner.study().history(), 3);
    let words = "no trial beats these 4 in all objectives, 3 of which are shown:\n";
    let (_, front) = text.split_once(words).unwrap();
    let shown = numbers(front);
    assert_eq!((shown.len(), shown[0], shown[2]), (3, 0, 3), "{text}");
}

#[test]
fn where_nothing_keeps_the_constraints_that_is_said() {
    use tuner::trial::Constraint;
    let search = |limit: f64| {
        let mut tuner = two()
            .constraint(Constraint::at_most("mae", limit))
            .max_trials(3)
            .build()
            .unwrap();
        tuner
            .search(|run: &mut Execution, _: Net| trade(run.number() as f64 / 4.0))
            .unwrap();
        let says = tuner
            .results_summary()
            .contains("no trial keeps all constraints");
        let front = tuner.study().front().iter().all(|best| best.feasible);
        (says, tuner.best_trial().unwrap().feasible, front)
    };
    assert_eq!(search(0.7), (false, true, true));
    assert_eq!(search(0.1), (true, false, false));
}

#[test]
fn trials_that_lack_a_new_objective_are_told() {
    use tuner::study::OnChange;
    let folder = tempfile::tempdir().unwrap();
    let first = quiet().max_trials(2).directory(folder.path()).build();
    let run = |run: &mut Execution, _: Net| run.number() as f64;
    first.unwrap().search(run).unwrap();
    let builder = two().max_trials(2).directory(folder.path());
    let tuner = builder.on_change(OnChange::Continue).build().unwrap();
    let words = "2 trials without `mae`, which was no objective when they ended";
    let fault = tuner.best_trial().unwrap_err().to_string();
    for text in [tuner.results_summary(), fault] {
        assert!(text.contains(words), "{text}");
    }
}
