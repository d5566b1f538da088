//! How two versions of a study differ, in words.

use std::fmt::Display;

use crate::space::{Condition, Param, Space};
use crate::trial::StudySpec;

/// Everything in which `new` differs from `old`, each in words; nothing when they are the same.
pub fn differences(old: &StudySpec, new: &StudySpec) -> Vec<String> {
    let mut found = Vec::new();
    if old.seed != new.seed {
        found.push(changed("the seed", new.seed, old.seed));
    }
    if old.goals != new.goals {
        let (is, was) = (list(&new.goals), list(&old.goals));
        found.push(match (new.goals.len(), old.goals.len()) {
            (1, 1) => changed("the objective", is, was),
            _ => several("the objectives", is, was),
        });
    }
    if old.constraints != new.constraints {
        let (new, old) = (list(&new.constraints), list(&old.constraints));
        found.push(several("the constraints", new, old));
    }
    if old.sampler != new.sampler {
        found.push(changed("the sampler", &new.sampler, &old.sampler));
    }
    if old.pruner != new.pruner {
        let name = |pruner: &Option<String>| pruner.clone().unwrap_or_else(|| "none".to_owned());
        found.push(changed("the pruner", name(&new.pruner), name(&old.pruner)));
    }
    if old.space != new.space {
        match (Space::from_json(&old.space), Space::from_json(&new.space)) {
            (Ok((old, _)), Ok((new, _))) => spaces(&old, &new, &mut found),
            _ => found.push("the space is another one".to_owned()),
        }
    }
    found
}

fn changed(what: &str, new: impl Display, old: impl Display) -> String {
    format!("{what} is {new}, and was {old}")
}

fn several(what: &str, new: impl Display, old: impl Display) -> String {
    format!("{what} are {new}, and were {old}")
}

fn list<T: Display>(items: &[T]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    items.join(", ")
}

fn spaces(old: &Space, new: &Space, found: &mut Vec<String>) {
    let before = found.len();
    for param in new.params() {
        let name = &param.name;
        let Some(place) = old.place(name) else {
            found.push(format!("`{name}` ({}) is new", param.domain));
            continue;
        };
        let was = &old.params()[place];
        if was.domain != param.domain {
            found.push(changed(&format!("`{name}`"), &param.domain, &was.domain));
        }
        if was.default != param.default {
            let what = format!("the default of `{name}`");
            found.push(changed(&what, &param.default, &was.default));
        }
        let (is, was) = (condition(param, new), condition(was, old));
        if is != was {
            found.push(changed(&format!("`{name}`"), is, was));
        }
    }
    for param in old.params() {
        if new.place(&param.name).is_none() {
            found.push(format!("`{}` ({}) is gone", param.name, param.domain));
        }
    }
    if found.len() == before {
        found.push("the parameters stand in another order".to_owned());
    }
}

fn condition(param: &Param, space: &Space) -> String {
    match &param.condition {
        None => "always active".to_owned(),
        Some(Condition::Is { parent, values }) => {
            let values: Vec<String> = values.iter().map(|value| value.to_string()).collect();
            let parent = &space.params()[*parent].name;
            format!("active if `{parent}` is {}", values.join(" or "))
        }
        Some(Condition::AtLeast { parent, count }) => {
            let parent = &space.params()[*parent].name;
            format!("active if `{parent}` is at least {count}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{Constraint, FORMAT, Objective};
    use serde_json::json;

    #[test]
    fn every_difference_is_named() {
        let old = StudySpec {
            format: FORMAT,
            seed: 1,
            space: json!([
                {"name": "a", "type": "int", "low": 1, "high": 4},
                {"name": "b", "type": "bool"},
                {"name": "c", "type": "bool"},
            ]),
            goals: vec![Objective::minimize("loss").goal().unwrap()],
            constraints: Vec::new(),
            sampler: "random".to_owned(),
            pruner: None,
        };
        assert!(differences(&old, &old).is_empty());
        let new = StudySpec {
            seed: 2,
            space: json!([
                {"name": "a", "type": "int", "low": 1, "high": 8},
                {"name": "b", "type": "bool", "default": true,
                 "condition": {"parent": "a", "at_least": 2}},
                {"name": "d", "type": "bool"},
            ]),
            goals: vec![Objective::maximize("accuracy").goal().unwrap()],
            sampler: "grid".to_owned(),
            pruner: Some("median".to_owned()),
            ..old.clone()
        };
        assert_eq!(
            differences(&old, &new),
            [
                "the seed is 2, and was 1",
                "the objective is maximize accuracy, and was minimize loss",
                "the sampler is grid, and was random",
                "the pruner is median, and was none",
                "`a` is 1..=8, and was 1..=4",
                "the default of `a` is 5, and was 3",
                "the default of `b` is true, and was false",
                "`b` is active if `a` is at least 2, and was always active",
                "`d` ([false, true]) is new",
                "`c` ([false, true]) is gone",
            ]
        );
    }

    #[test]
    fn several_are_told_in_the_plural() {
        let one = StudySpec {
            format: FORMAT,
            seed: 1,
            space: json!([]),
            goals: vec![Objective::minimize("loss").goal().unwrap()],
            constraints: Vec::new(),
            sampler: "random".to_owned(),
            pruner: None,
        };
        let mut two = one.clone();
        two.goals.push(Objective::minimize("size").goal().unwrap());
        two.constraints.push(Constraint::at_most("size", 0.7));
        assert_eq!(
            differences(&one, &two),
            [
                "the objectives are minimize loss, minimize size, and were minimize loss",
                "the constraints are size at most 0.7, and were none",
            ]
        );
    }
}
