//! A study that is opened again: as it was, or changed.

use tuner::sampler::{Grid, Random};
use tuner::search::{Execution, Progress, Tuner, TunerBuilder};
use tuner::space::{Tunable, tunable};
use tuner::storage::{Sqlite, Storage};
use tuner::study::{OnChange, Study};
use tuner::trial::Objective;

use crate::{Net, loss, quiet};

/// [`Net`] as its author edited it later.
#[tunable]
#[derive(Debug, Clone, PartialEq)]
struct Edited {
    #[hp(len = 1..=2, int = 1..=2)]
    units: Vec<usize>,
    #[hp]
    bias: bool,
}

fn edited() -> TunerBuilder<Edited> {
    Tuner::<Edited>::builder()
        .sampler(Random::new())
        .objective(Objective::minimize("loss"))
        .seed(7)
        .progress(Progress::Silent)
}

fn text<T: Tunable>(builder: TunerBuilder<T>) -> String {
    builder.build().map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_same_command_goes_on_and_a_changed_one_says_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let here = |builder: TunerBuilder<Net>| builder.directory(folder.path()).project_name("net");
    let run = |_: &mut Execution, net: Net| loss(&net, 0);
    let mut tuner = here(quiet()).max_trials(10).build().unwrap();
    tuner.search(run).unwrap();
    let first: Vec<_> = tuner.study().trials();
    drop(tuner);
    let mut tuner = here(quiet()).max_trials(12).build().unwrap();
    tuner.search(run).unwrap();
    assert_eq!(tuner.study().trials()[..10], first);
    assert_eq!(tuner.study().trials().len(), 12);
    drop(tuner);

    assert!(text(here(quiet()).seed(8)).contains("the seed is 8, and was 7"));
    let changed = text(here(quiet()).sampler(Grid::new()));
    assert!(
        changed.contains("the sampler is grid, and was random"),
        "{changed}"
    );
    assert!(
        changed.contains(".on_change(OnChange::Continue)"),
        "{changed}"
    );
    let changed = text(here(quiet()).objective(Objective::maximize("speed")));
    assert!(
        changed
            .contains("the objectives are minimize loss, maximize speed, and were minimize loss"),
        "{changed}"
    );

    let there = edited().directory(folder.path()).project_name("net");
    let changed = text(there);
    assert!(
        changed.contains("`units[0]` is 1..=2, and was 1..=3"),
        "{changed}"
    );

    let there = edited().directory(folder.path()).project_name("net");
    let mut tuner = there
        .on_change(OnChange::Continue)
        .max_trials(14)
        .build()
        .unwrap();
    tuner
        .search(|_: &mut Execution, net: Edited| net.units[0] as f64)
        .unwrap();
    let trials = tuner.study().trials();
    assert_eq!(trials.len(), 14);
    let wide = |record: &tuner::trial::TrialRecord| record.point.to_string().contains("= 3");
    for record in &trials {
        assert_eq!(record.fits, !wide(record), "{}", record.point);
    }
    assert!(trials.iter().any(|record| wide(record)));
    assert_eq!(
        tuner.best(99).len(),
        trials.iter().filter(|record| record.fits).count()
    );
    drop(tuner);

    let mut tuner = here(quiet()).max_trials(2).overwrite(true).build().unwrap();
    assert!(tuner.study().trials().is_empty());
    tuner.search(run).unwrap();
    assert_eq!(tuner.study().trials()[0].point, first[0].point);
}

#[test]
fn what_trials_kept_is_there_again_when_the_space_is_wide_again() {
    let folder = tempfile::tempdir().unwrap();
    let run = |run: &mut Execution| std::fs::write(run.directory().join("weights"), [7; 100]);
    let kept = || {
        let trials = std::fs::read_dir(folder.path().join("net/trials")).unwrap();
        trials.count()
    };
    let wide = quiet().directory(folder.path()).project_name("net");
    let mut tuner = wide.max_trials(10).build().unwrap();
    let loss = |execution: &mut Execution, net: Net| run(execution).map(|()| loss(&net, 0));
    tuner.search(loss).unwrap();
    assert_eq!(kept(), 10);
    drop(tuner);
    let narrow = edited().directory(folder.path()).project_name("net");
    let narrow = narrow.on_change(OnChange::Continue).max_trials(12);
    let mut tuner = narrow.keep_best(1).build().unwrap();
    let loss = |execution: &mut Execution, net: Edited| {
        run(execution).map(|()| net.units.iter().sum::<usize>() as f64)
    };
    tuner.search(loss).unwrap();
    let trials = tuner.study().trials();
    let outside = trials.iter().filter(|record| !record.fits).count();
    assert!(outside > 0);
    assert_eq!(kept(), outside + 1);
}

#[test]
fn a_new_study_takes_nothing_that_the_trials_of_a_lost_one_kept() {
    let folder = tempfile::tempdir().unwrap();
    let here = || {
        quiet()
            .directory(folder.path())
            .project_name("net")
            .max_trials(1)
    };
    let run = |run: &mut Execution, net: Net| -> std::io::Result<f64> {
        let checkpoint = run.directory().join("checkpoint");
        assert!(!checkpoint.exists());
        std::fs::write(checkpoint, "here")?;
        Ok(loss(&net, 0))
    };
    here().build().unwrap().search(run).unwrap();
    for file in ["study.db", "study.db-wal", "study.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join("net").join(file));
    }
    let refused = text(here());
    assert!(refused.contains("holds what trials kept"), "{refused}");
    assert!(refused.contains(".overwrite(true)"), "{refused}");
    here().overwrite(true).build().unwrap().search(run).unwrap();
}

#[test]
fn a_renamed_folder_goes_on_with_its_study() {
    let folder = tempfile::tempdir().unwrap();
    let there = |name| quiet().directory(folder.path()).project_name(name);
    let run = |run: &mut Execution, net: Net| -> std::io::Result<f64> {
        std::fs::write(run.directory().join("weights"), "here")?;
        Ok(loss(&net, 0))
    };
    let mut tuner = there("old").max_trials(2).build().unwrap();
    tuner.search(run).unwrap();
    let first = tuner.study().trials();
    drop(tuner);
    std::fs::rename(folder.path().join("old"), folder.path().join("new")).unwrap();
    let mut tuner = there("new").max_trials(3).build().unwrap();
    tuner.search(run).unwrap();
    assert_eq!(tuner.study().trials()[..2], first);
    assert_eq!(tuner.study().trials().len(), 3);
    drop(tuner);
    // Begun anew it has the folder's name, and nothing of the other one is left.
    let anew = there("new").max_trials(1).overwrite(true);
    anew.build().unwrap().search(run).unwrap();
    let storage = Sqlite::open(folder.path().join("new").join("study.db")).unwrap();
    assert_eq!(storage.list().unwrap(), ["new".into()]);
    let kept = std::fs::read_dir(folder.path().join("new").join("trials"));
    assert_eq!(kept.unwrap().count(), 1);
}

#[test]
fn a_project_has_a_folder_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "a/", "a//", "a/.", "./a", "..", ".", "", "a/b", "a\\b", "nu\0l",
    ] {
        let refused = text(quiet().directory(folder.path()).project_name(name));
        assert!(
            refused.contains("it is the name of a single folder"),
            "{name:?}: {refused}"
        );
    }
    assert!(!folder.path().join("a").exists());
}

/// What a grid cannot count.
#[tunable]
#[derive(Debug)]
struct Smooth {
    #[hp(float = 0.0..=1.0)]
    rate: f64,
}

#[test]
fn a_faulty_setup_deletes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = |builder: TunerBuilder<Smooth>| {
        let builder = builder.directory(folder.path()).project_name("net");
        builder.progress(Progress::Silent).max_trials(2)
    };
    let smooth = || here(Tuner::<Smooth>::builder()).overwrite(true);
    let mut tuner = smooth().objective("loss").build().unwrap();
    tuner
        .search(|_: &mut Execution, smooth: Smooth| smooth.rate)
        .unwrap();
    drop(tuner);
    let grid = text(smooth().objective("loss").sampler(Grid::new()));
    assert!(grid.contains("rate"), "{grid}");
    assert!(text(smooth()).contains("no objective"));
    assert!(text(smooth().objective("score")).contains("Objective::maximize"));
    let tuner = smooth().overwrite(false).objective("loss").build().unwrap();
    assert_eq!(tuner.study().trials().len(), 2);
}

#[test]
fn a_mended_objective_begins_anew_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let here = || {
        quiet()
            .directory(folder.path())
            .project_name("net")
            .max_trials(2)
    };
    let mut tuner = wrong(here()).build().unwrap();
    assert!(tuner.search(measured).is_err());
    drop(tuner);
    assert!(
        !folder.path().join("net/trials").exists(),
        "nor what it kept"
    );
    let mut tuner = here().build().unwrap();
    tuner.search(measured).unwrap();
}

fn wrong(builder: TunerBuilder<Net>) -> TunerBuilder<Net> {
    builder.objective(Objective::minimize("val_loss"))
}

fn measured(run: &mut Execution, net: Net) -> Result<f64, tuner::search::WrongObjective> {
    run.directory();
    run.expect_metrics(&["loss"])?;
    Ok(loss(&net, 0))
}

#[test]
fn a_wrong_objective_deletes_nothing_that_others_found_or_have_open() {
    let folder = tempfile::tempdir().unwrap();
    let here = || wrong(quiet().directory(folder.path()).project_name("net"));
    let mut tuner = here().build().unwrap();
    let other = here().build().unwrap();
    assert!(tuner.search(measured).is_err());
    let trial = other.study().ask().unwrap();
    let values = [("loss", 0.5), ("val_loss", 0.25)];
    other.study().tell(trial, values).unwrap();
    drop(other);
    assert!(tuner.search(measured).is_err());
    drop(tuner);
    let tuner = here().build().unwrap();
    assert_eq!(tuner.best_trial().unwrap().value, 0.5);
}

#[test]
fn warm_start_tries_the_best_of_an_older_study_first() {
    let mut older = quiet().sampler(Grid::new()).build().unwrap();
    older
        .search(|_: &mut Execution, net: Net| loss(&net, 0))
        .unwrap();
    let mut tuner = edited().max_trials(4).build().unwrap();
    let count = tuner
        .study()
        .warm_start(&older.study().history(), 3)
        .unwrap();
    assert_eq!(count, 3);
    let again = tuner.study().warm_start(&older.study().history(), 3);
    assert_eq!(again.unwrap(), 0, "they wait already");
    tuner
        .search(|_: &mut Execution, net: Edited| net.units[0] as f64)
        .unwrap();
    let first: Vec<Net> = older.best(3).into_iter().map(|best| best.params).collect();
    for (record, net) in tuner.study().trials().iter().zip(&first) {
        let tried = tuner.study().params(record).unwrap();
        // Of three values the third is none of the edited ones and moves to the nearest.
        let units: Vec<usize> = net.units.iter().map(|&n| n.min(2)).collect();
        assert_eq!((tried.units, tried.bias), (units, net.bias));
    }
}

#[test]
fn a_warm_start_from_the_other_direction_is_refused() {
    let study = |objective| Study::<Net>::in_memory(Grid::new(), objective, 1).unwrap();
    let older = study(Objective::maximize("loss"));
    let trial = older.ask().unwrap();
    older.tell(trial, 1.0).unwrap();
    let new = study(Objective::minimize("loss"));
    let fault = new.warm_start(&older.history(), 3).unwrap_err().to_string();
    let says = "is to maximize `loss` and this one to minimize it";
    assert!(fault.contains(says), "{fault}");
    assert_eq!(new.history().queue().count(), 0);
    // A metric of its own has a direction of its own.
    let other = study(Objective::minimize("error"));
    assert_eq!(other.warm_start(&older.history(), 3).unwrap(), 1);
}

#[test]
fn a_program_that_enqueues_and_is_started_again_tries_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let known = Net {
        units: vec![2],
        bias: true,
    };
    for trials in [2, 4] {
        let builder = quiet().directory(folder.path()).project_name("net");
        let mut tuner = builder.max_trials(trials).build().unwrap();
        tuner.enqueue(&known).unwrap();
        tuner.enqueue(&known).unwrap();
        tuner
            .search(|_: &mut Execution, net: Net| loss(&net, 0))
            .unwrap();
        let trials = tuner.study().trials();
        assert_eq!(tuner.study().params(&trials[0]).as_ref(), Some(&known));
        let points: std::collections::HashSet<_> = trials.iter().map(|t| &t.point).collect();
        assert_eq!(points.len(), trials.len());
    }
}

/// Other configurations than those of [`Net`], and as many.
#[tunable]
#[derive(Debug)]
struct Moved {
    #[hp(len = 1..=2, int = 11..=13)]
    units: Vec<usize>,
    #[hp]
    bias: bool,
}

#[test]
fn a_grid_begins_anew_when_the_space_moved() {
    let folder = tempfile::tempdir().unwrap();
    let here = |builder: TunerBuilder<Net>| builder.directory(folder.path()).project_name("net");
    let mut tuner = here(quiet()).sampler(Grid::new()).build().unwrap();
    tuner
        .search(|_: &mut Execution, net: Net| loss(&net, 0))
        .unwrap();
    assert_eq!(tuner.study().trials().len(), 24);
    drop(tuner);
    let search = || {
        let moved = Tuner::<Moved>::builder().sampler(Grid::new()).seed(7);
        let moved = moved.objective(Objective::minimize("loss"));
        let moved = moved
            .progress(Progress::Silent)
            .on_change(OnChange::Continue);
        let mut tuner = moved
            .directory(folder.path())
            .project_name("net")
            .build()
            .unwrap();
        tuner
            .search(|_: &mut Execution, net: Moved| net.units[0] as f64)
            .unwrap();
        tuner.study().trials()
    };
    let trials = search();
    assert_eq!(trials.len(), 48);
    assert!(trials[24..].iter().all(|record| record.fits));
    assert_eq!(search().len(), 48, "and ends for good");
}

#[test]
fn a_study_is_not_changed_or_deleted_while_another_session_runs_it() {
    let folder = tempfile::tempdir().unwrap();
    let here = || {
        quiet()
            .directory(folder.path())
            .project_name("net")
            .max_trials(3)
    };
    let other = here().build().unwrap();
    let trial = other.study().ask().unwrap();
    let overwritten = text(here().overwrite(true));
    assert!(
        overwritten.contains("runs trial 0 of the study `net`"),
        "{overwritten}"
    );
    let changed = text(here().seed(8).on_change(OnChange::Continue));
    assert!(changed.contains("runs trial 0"), "{changed}");
    other.study().tell(trial, 0.5).unwrap();
    let changed = here()
        .seed(8)
        .on_change(OnChange::Continue)
        .build()
        .unwrap();
    assert_eq!(changed.study().core().seed(), 8);
    assert_eq!(changed.study().best().map(|best| best.value), Some(0.5));
    // Those that run nothing may be about to.
    let overwritten = text(here().overwrite(true));
    assert!(
        overwritten.contains("other sessions (2) have"),
        "{overwritten}"
    );
    drop((other, changed));
    assert!(
        here()
            .overwrite(true)
            .build()
            .unwrap()
            .study()
            .trials()
            .is_empty()
    );
}

#[cfg(unix)]
#[test]
fn a_folder_is_the_same_wherever_the_program_goes() {
    let folder = tempfile::tempdir().unwrap();
    let here = std::env::current_dir().unwrap();
    let up: std::path::PathBuf = here.components().skip(1).map(|_| "..").collect();
    let relative = up.join(folder.path().strip_prefix("/").unwrap());
    let builder = quiet().directory(relative).project_name("net");
    let tuner = builder.build().unwrap();
    assert!(tuner.directory().unwrap().is_absolute());
    assert!(folder.path().join("net/study.db").exists());
}

#[test]
fn no_result_says_why_in_one_line() {
    #[tunable]
    #[derive(Debug, Clone)]
    struct Other {
        #[hp(int = 90..=99)]
        units: usize,
    }
    let folder = tempfile::tempdir().unwrap();
    let mut tuner = quiet()
        .directory(folder.path())
        .project_name("net")
        .max_trials(2)
        .build()
        .unwrap();
    tuner
        .search(|_: &mut Execution, net: Net| loss(&net, 0))
        .unwrap();
    drop(tuner);
    let other = || {
        let other = Tuner::<Other>::builder().sampler(Random::new()).seed(7);
        let other = other
            .objective(Objective::minimize("loss"))
            .progress(Progress::Silent);
        let other = other.directory(folder.path()).project_name("net");
        other.on_change(OnChange::Continue)
    };
    let mut tuner = other().max_trials(2).build().unwrap();
    tuner.search(|_: &mut Execution, _: Other| 0.0).unwrap();
    let hint = tuner.best_hyperparameters().unwrap_err().to_string();
    assert!(
        hint.contains("of 2 trials 2 belong to another space"),
        "{hint}"
    );
    drop(tuner);
    let mut tuner = other().max_trials(3).build().unwrap();
    let fails = |_: &mut Execution, _: Other| Err(tuner::Error::new("two\nlines \x1b[31m"));
    let fails: fn(&mut Execution, Other) -> tuner::Result<f64> = fails;
    drop(tuner.search(fails));
    let hint = tuner.best_hyperparameters().unwrap_err().to_string();
    assert!(
        hint.contains("two\\nlines") && !hint.contains('\x1b'),
        "{hint}"
    );
}
