//! The lines that tell of a search: of all of it, of a trial that runs, of one that ended.

use std::collections::BTreeSet;

use crate::trial::text::{configuration, duration, first_line, number, one_line};
use crate::trial::{ExecutionRecord, History, State, TrialRecord};

/// What is expected of a search or of a trial, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected {
    /// How many trials, executions or epochs there will be.
    pub total: Option<u64>,
    /// How many seconds are left.
    pub seconds: Option<f64>,
}

impl Expected {
    fn of_total(&self) -> String {
        self.total
            .map_or(String::new(), |total| format!(" of {total}"))
    }

    fn left(&self) -> String {
        self.seconds.map_or(String::new(), |seconds| {
            format!(", about {} left", duration(seconds))
        })
    }
}

/// How far a search is, and the best that it found.
///
/// ```
/// # extern crate tuner_runtime as tuner;
/// # use tuner::{sampler::Random, space::{Tunable, tunable}, study::Study};
/// # #[tunable] struct Coin { #[hp] heads: bool }
/// use tuner::search::lines::{self, Expected};
/// let study = Study::<Coin>::in_memory(Random::new(), "loss", 1)?;
/// let trial = study.ask()?;
/// study.tell(trial, 0.25)?;
/// let expected = Expected { total: Some(5), seconds: Some(90.0) };
/// assert_eq!(
///     lines::search(&study.history(), expected),
///     "1 of 5 trials ended, best loss 0.25 (trial 0), about 1 min 30 s left"
/// );
/// # Ok::<(), tuner::study::StudyError>(())
/// ```
pub fn search(history: &History, expected: Expected) -> String {
    let ended = history.ended_count();
    let (of, left) = (expected.of_total(), expected.left());
    let trials = match expected.total.unwrap_or(ended as u64) {
        1 => "trial",
        _ => "trials",
    };
    let waiting = waiting(history);
    format!(
        "{ended}{of} {trials} ended{waiting}, {}{left}",
        best(history)
    )
}

/// How many trials wait, after a comma; nothing if none does.
pub(super) fn waiting(history: &History) -> String {
    match history.paused().count() {
        0 => String::new(),
        1 => ", 1 waits".to_owned(),
        count => format!(", {count} wait"),
    }
}

/// That the values of earlier trials are means over other numbers of executions than those to come; `None` if they are not.
pub(super) fn other_executions(history: &History, executions: u64) -> Option<String> {
    let finished = history
        .finished()
        .map(|trial| trial.executions.len() as u64);
    let others: BTreeSet<u64> = finished.filter(|&count| count != executions).collect();
    let others: Vec<String> = others.iter().map(u64::to_string).collect();
    (!others.is_empty()).then(|| {
        format!(
            "executions_per_trial is {executions}, and was {}: means over different numbers of executions are compared",
            others.join(" or ")
        )
    })
}

/// The value of the best trial.
pub fn best(history: &History) -> String {
    let Some((best, value)) = history.best().and_then(|best| Some((best, best.value()?))) else {
        return "no result yet".to_owned();
    };
    let missed = missed(best);
    let name = one_line(&history.goal().name);
    format!(
        "best {name} {} (trial {}{missed})",
        number(value),
        best.number
    )
}

/// That the trial misses a constraint, after a comma; nothing if it does not.
fn missed(trial: &TrialRecord) -> &'static str {
    match trial.is_feasible() {
        true => "",
        false => ", misses a constraint",
    }
}

/// Where a running trial is: its execution, its epoch, what it measured there, and the best of that so far.
pub fn running(
    history: &History,
    trial: &TrialRecord,
    executions: Expected,
    epochs: Expected,
) -> String {
    let mut text = format!("trial {}", trial.number);
    let at_work = |run: &&ExecutionRecord| run.state == State::Running;
    let Some(run) = trial.executions.iter().rev().find(at_work) else {
        return format!("{text}: {}", configuration(&trial.point));
    };
    if executions.total.map_or(run.number > 0, |total| total > 1) {
        text += &format!(", execution {}{}", run.number + 1, executions.of_total());
    }
    let Some(&step) = run.curve.steps().last() else {
        return format!("{text}: {}", configuration(&trial.point));
    };
    text += &format!(", epoch {step}{}:", epochs.of_total());
    let last = run.curve.metrics(run.curve.len() - 1);
    let goal = history.goal();
    if let Some(value) = last.get(&goal.name) {
        text += &format!(" {} {}", one_line(&goal.name), number(value));
    }
    let values = run.curve.of(&goal.name).map(|(_, value)| value);
    let better = |one: f64, other: f64| {
        if goal.is_better(other, one) {
            other
        } else {
            one
        }
    };
    if let Some(best) = values.reduce(better) {
        text += &format!(", best {}", number(best));
    }
    // The rest comes last, where a narrow terminal cuts it off.
    text += &epochs.left();
    let others = last.iter().filter(|(name, _)| *name != &*goal.name);
    for (place, (name, value)) in others.enumerate() {
        let mark = if place == 0 { ';' } else { ',' };
        text += &format!("{mark} {} {}", one_line(name), number(value));
    }
    text
}

/// Where a trial waits, and what it measured there.
pub fn paused(history: &History, trial: &TrialRecord) -> String {
    let goal = history.goal();
    let curve = trial.executions.first().map(|run| &run.curve);
    let last = curve.and_then(|curve| curve.last(&goal.name));
    let at = last.map_or(String::new(), |(step, value)| {
        format!(
            " after epoch {step}: {} {}",
            one_line(&goal.name),
            number(value)
        )
    });
    let point = configuration(&trial.point);
    format!("trial {} waits{at} ({point})", trial.number)
}

/// That trials that waited are pruned, and why.
pub fn dropped(numbers: &[u64], message: &str) -> String {
    const LISTED: usize = 10;
    let listed = numbers.iter().take(LISTED).map(u64::to_string);
    let listed: Vec<String> = listed.collect();
    let more = if numbers.len() > LISTED { " ..." } else { "" };
    let trials = if numbers.len() == 1 {
        "trial"
    } else {
        "trials"
    };
    let message = first_line(message);
    format!("{trials} {}{more} pruned: {message}", listed.join(", "))
}

/// How a trial ended.
pub fn ended(history: &History, trial: &TrialRecord) -> String {
    let (number_of, seconds) = (trial.number, duration(trial.seconds()));
    let point = configuration(&trial.point);
    let message = first_line(trial.message.as_deref().unwrap_or_default());
    let what = match trial.state {
        State::Finished => {
            let goals = history.goals().iter().zip(&trial.values);
            let values =
                goals.map(|(goal, &value)| format!("{} {}", one_line(&goal.name), number(value)));
            let values: Vec<String> = values.collect();
            format!(": {} in {seconds}{}", values.join(", "), missed(trial))
        }
        state => format!(" {state} after {seconds}: {message}"),
    };
    format!("trial {number_of}{what} ({point}); {}", best(history))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::Grid;
    use crate::space::Space;
    use crate::storage::Memory;
    use crate::study::{Core, Setup};
    use crate::trial::{Constraint, Objective};
    use std::sync::Arc;

    fn study() -> Core {
        let json = serde_json::json!([
            {"name": "rate", "type": "float", "low": 0.1, "high": 0.4, "step": 0.1},
        ]);
        let (space, _) = Space::from_json(&json).unwrap();
        let setup = Setup::new(space, Grid::new()).objective(Objective::maximize("acc"));
        Core::open(Arc::new(Memory::new()), "lines".into(), setup).unwrap()
    }

    #[test]
    fn a_running_trial_shows_its_epoch_its_value_and_the_best_so_far() {
        let study = study();
        let number = study.ask().unwrap().number;
        let line = |executions, epochs: Expected| {
            let history = study.history();
            running(&history, &history.trials()[0], executions, epochs)
        };
        let of = |total, seconds| Expected {
            total: Some(total),
            seconds,
        };
        assert_eq!(line(of(1, None), of(3, None)), "trial 0: rate = 0.1");
        for (step, acc) in [(1, 0.8), (2, 0.7)] {
            let report = [("loss", 1.0 / 3.0), ("acc", acc)];
            study.report(number, 0, step, report).unwrap();
        }
        assert_eq!(
            line(of(1, None), of(3, Some(2.0))),
            "trial 0, epoch 2 of 3: acc 0.7, best 0.8, about 2.0 s left; loss 0.333333"
        );
        assert_eq!(
            line(of(2, None), Expected::default()),
            "trial 0, execution 1 of 2, epoch 2: acc 0.7, best 0.8; loss 0.333333"
        );
    }

    #[test]
    fn names_of_metrics_stay_in_their_line() {
        let json = serde_json::json!([{"name": "rate", "type": "float", "low": 0, "high": 1}]);
        let (space, _) = Space::from_json(&json).unwrap();
        let name = "a\n\u{1b}[2J";
        let setup = Setup::new(space, crate::sampler::Random::new());
        let setup = setup.objective(Objective::maximize(name));
        let study = Core::open(Arc::new(Memory::new()), "lines".into(), setup).unwrap();
        let number = study.ask().unwrap().number;
        study
            .report(number, 0, 1, [(name, 0.5), ("b\t", 0.5)])
            .unwrap();
        let line = |tell: fn(&History, &TrialRecord) -> String| {
            let history = study.history();
            tell(&history, &history.trials()[0])
        };
        let none = Expected::default();
        let told = line(|history, trial| {
            running(history, trial, Expected::default(), Expected::default())
        });
        assert_eq!(
            told,
            "trial 0, epoch 1: a\\n\\u{1b}[2J 0.5, best 0.5; b\\t 0.5"
        );
        study.pause(number).unwrap();
        let waits = line(paused);
        study.ask().unwrap();
        study.tell(number, 0.5).unwrap();
        let table = crate::search::results_table(&study.history(), 1);
        let table: String = table.lines().collect();
        for text in [waits, line(ended), search(&study.history(), none), table] {
            assert!(text.contains("a\\n\\u{1b}[2J"), "{text}");
            assert!(!text.contains(char::is_control), "{text:?}");
        }
        assert_eq!(dropped(&[1], "two\nlines"), "trial 1 pruned: two ...");
    }

    #[test]
    fn an_ended_trial_says_how() {
        let study = study();
        let line = |number: usize| {
            let history = study.history();
            ended(&history, &history.trials()[number])
        };
        let number = study.ask().unwrap().number;
        study.fail(number, "no room").unwrap();
        assert_eq!(
            line(0),
            "trial 0 failed after 0.0 ms: no room (rate = 0.1); no result yet"
        );
        let all = search(&study.history(), Expected::default());
        assert_eq!(all, "1 trial ended, no result yet");
        let number = study.ask().unwrap().number;
        study.tell(number, 0.5).unwrap();
        assert_eq!(other_executions(&study.history(), 1), None);
        assert_eq!(
            other_executions(&study.history(), 3).unwrap(),
            "executions_per_trial is 3, and was 1: means over different numbers of executions are compared"
        );
        let text = line(1);
        assert!(text.starts_with("trial 1: acc 0.5 in "), "{text}");
        assert!(
            text.ends_with(" (rate = 0.2); best acc 0.5 (trial 1)"),
            "{text}"
        );
    }

    #[test]
    fn an_ended_trial_that_misses_a_constraint_says_so() {
        let json = serde_json::json!([{"name": "rate", "type": "float", "low": 0, "high": 1}]);
        let (space, _) = Space::from_json(&json).unwrap();
        let setup = Setup::new(space, crate::sampler::Random::new());
        let mut setup = setup.objective(Objective::maximize("acc"));
        setup.constraints = vec![Constraint::at_most("size", 1.0)];
        let study = Core::open(Arc::new(Memory::new()), "lines".into(), setup).unwrap();
        for (size, says) in [(0.5, "ms ("), (2.0, "ms, misses a constraint (")] {
            let number = study.ask().unwrap().number;
            study.tell(number, [("acc", 0.5), ("size", size)]).unwrap();
            let history = study.history();
            let line = ended(&history, history.trial(number).unwrap());
            assert!(line.contains(says), "{line}");
            assert!(line.ends_with("best acc 0.5 (trial 0)"), "{line}");
        }
    }
}
