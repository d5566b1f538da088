//! Tests of spaces as JSON.

use super::*;
use serde_json::json;

fn read(json: serde_json::Value) -> Result<(Space, Vec<String>), SpaceJsonError> {
    Space::from_json(&json)
}

#[test]
fn every_kind_reads_back() {
    let (space, warnings) = read(json!([
        {"name": "lr", "type": "float", "low": 1e-5, "high": 0.1, "log": true, "step": null},
        {"name": "m", "type": "float", "low": 0.5, "high": 0.99, "scale": "reverse_log"},
        {"name": "noise", "type": "float", "low": 0, "high": 0.5, "step": 0.1, "bits": 32},
        {"name": "seed", "type": "int", "low": 0, "high": u64::MAX},
        {"name": "batch", "type": "int", "low": 16, "high": 1024, "step": 2, "log": true},
        {"name": "booster", "type": "categorical", "choices": ["gbtree", "dart", "linear"]},
        {"name": "size", "type": "categorical", "choices": [3, 1, 2], "ordered": true},
        {"name": "bias", "type": "bool", "default": true},
        {"name": "classes", "type": "fixed", "value": 10},
        {"name": "rate", "type": "float", "low": 0.1, "high": 0.9,
         "condition": {"parent": "booster", "values": ["gbtree", "dart"]}},
        {"name": "deep", "type": "bool", "condition": {"parent": "batch", "at_least": 64}},
        {"name": "last", "type": "bool", "condition": {"parent": "seed", "at_least": u64::MAX}},
    ]))
    .unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    let again = read(space.to_json()).unwrap().0;
    assert_eq!(again, space);
    assert_eq!(again.to_json().to_string(), space.to_json().to_string());
}

#[test]
fn fields_of_other_types_may_stand_there_empty() {
    let bool = read(
        json!([{"name": "a", "type": "bool", "low": null, "high": null,
        "log": false, "step": null, "choices": null, "ordered": false, "condition": null}]),
    );
    assert_eq!(bool.unwrap().0.cardinality(), Some(2));
    let int = read(
        json!([{"name": "a", "type": "int", "low": 1, "high": 3, "bits": false, "origin": false,
        "choices": false, "value": false, "ordered": false}]),
    );
    assert_eq!(int.unwrap().0.cardinality(), Some(3));
}

#[test]
fn a_narrowed_grid_reads_back_with_the_values_that_it_had() {
    let whole = FloatDomain::with(0.1, 1.6, Some(1.1), Scale::Log).unwrap();
    let part = whole.narrow(0.45, 1.0).unwrap();
    let again = part.narrow(0.5, 0.9).unwrap();
    assert_eq!(again.origin(), Some(0.1));
    for domain in [part, again] {
        let values = |domain: &FloatDomain| -> Vec<f64> {
            (0..domain.count().unwrap())
                .map(|i| domain.value(i))
                .collect()
        };
        for value in values(&domain) {
            assert_eq!(whole.canonical(value), Some(value));
        }
        let mut builder = Space::builder();
        builder.push("rate", Domain::Float(domain.clone()), None, None);
        let space = builder.build().unwrap();
        let (stored, warnings) = read(space.to_json()).unwrap();
        assert_eq!((&stored, warnings.len()), (&space, 0));
        let Domain::Float(stored) = &stored.params()[0].domain else {
            unreachable!("a float was stored");
        };
        assert_eq!(values(stored), values(&domain));
    }
}

#[test]
fn an_upper_bound_off_the_grid_is_lowered_with_a_warning() {
    let grid = json!([{"name": "n", "type": "int", "low": 0, "high": 10, "step": 4}]);
    let (space, warnings) = read(grid).unwrap();
    assert_eq!(space.cardinality(), Some(3));
    assert_eq!(
        warnings,
        ["`n`: `high` 10 is off the grid; the last value is 8"]
    );
}

#[test]
fn faults_name_the_parameter_and_the_field() {
    let faults = [
        (
            json!([{"name": "a", "type": "int", "low": 1}]),
            "`a`: an int needs `high`",
        ),
        (
            json!([{"name": "a", "type": "int", "low": 2, "high": 1}]),
            "`a`: the range 2..=1",
        ),
        (
            json!([{"name": "a", "type": "int", "low": 0.5, "high": 9}]),
            "`a`: `low` is 0.5; that of an int is a whole number of 64 bits",
        ),
        (
            json!([{"name": "a", "type": "int", "low": 1, "high": 9, "step": -1}]),
            "`a`: `step` is -1; write 1 or more",
        ),
        (
            json!([{"name": "a", "type": "float", "low": "0", "high": 1.0}]),
            "`a`: `low` is \"0\"; that of a float is a number",
        ),
        (
            json!([{"name": "a", "type": "categorical"}]),
            "needs `choices`",
        ),
        (
            json!([{"name": "a", "type": "categorical", "choices": ["b", null]}]),
            "`choices` holds null; write a list of texts, numbers or booleans",
        ),
        (
            json!([{"name": "a", "type": "float", "low": 0, "high": 1, "bits": "32"}]),
            "`a`: `bits` is \"32\"; write 32 or 64",
        ),
        (
            json!([{"name": "b", "type": "bool"},
                   {"name": "a", "type": "bool", "condition": [{"parent": "b"}]}]),
            "`a`: `condition` is a list; write an object such as",
        ),
        (
            json!([{"name": "n", "type": "int", "low": 1, "high": 4},
                   {"name": "a", "type": "bool", "condition": {"parent": "n", "at_least": 1.5}}]),
            "`a`: `at_least` is 1.5; write a whole number",
        ),
        (
            json!([{"name": "a", "type": "bool", "condition": {"parents": "b"}}]),
            "a condition has no field `parents`",
        ),
        (
            json!([{"name": "n", "type": "int", "low": 1, "high": 4, "default": 2.5}]),
            "`n`: `default` is 2.5; that of an int is a whole number in 1..=4",
        ),
        (
            json!([{"name": "n", "type": "int", "low": 1, "high": 4, "default": "2"}]),
            "`n`: `default` is \"2\"; that of an int is a whole number in 1..=4",
        ),
        (
            json!([{"name": "n", "type": "int", "low": 1, "high": 4, "default": 5}]),
            "the default 5 of `n` is outside of 1..=4",
        ),
        (
            json!([{"name": "x", "type": "float", "low": 0, "high": 1, "default": "a"}]),
            "`x`: `default` is \"a\"; that of a float is a number in 0.0..=1.0",
        ),
        (
            json!([{"name": "x", "type": "float", "low": 0, "high": 1, "step": 0.1, "origin": 0.05}]),
            "`x`: `origin` is 0.05, above `low`, 0.0; write at most `low`",
        ),
        (
            json!([{"name": "x", "type": "float", "low": 0.5, "high": 1, "origin": 2}]),
            "`x`: `origin` is 2.0, above `low`, 0.5",
        ),
        (
            json!([{"name": "x", "type": "float", "low": 0.55, "high": 0.58, "step": 0.1, "origin": 0}]),
            "the grid from `origin`, 0.0, has no value from `low`, 0.55, to `high`, 0.58",
        ),
        (
            json!([{"name": "x", "type": "float", "low": 0.5, "high": 1, "log": true, "origin": 0}]),
            "`x`: `origin` is 0.0; on a log scale it is above 0",
        ),
        (
            json!([{"name": "a", "type": "colour"}]),
            "`a`: `type` is \"colour\"; write float, int, categorical, bool or fixed",
        ),
        (
            json!([{"name": "a", "type": "bool", "hight": 1}]),
            "`a`: there is no field `hight`; the type is bool. It takes default",
        ),
        (
            json!([{"type": "bool"}]),
            "`parameter 0`: `name` is missing; write a text",
        ),
        (
            json!({"name": "a"}),
            "no list of parameters but an object; write",
        ),
        (json!([["a", "bool"]]), "`type`, not a list"),
        (
            json!(["a"]),
            "`parameter 0`: a parameter is an object with a `name` and a `type`, not \"a\"",
        ),
        (
            json!([{"name": "a", "type": "bool", "condition": "b"}]),
            "`condition` is \"b\"; write an object such as {\"parent\"",
        ),
        (
            json!([{"name": "a", "type": "float", "low": 1, "high": 1e300, "bits": 32}]),
            "`a`: `bits` is 32, in which 1.0..=1e300 is no range; write 64",
        ),
        (
            json!([{"name": "a", "type": "float", "low": 0, "high": 1e-60, "bits": 32}]),
            "in which 0.0..=1e-60 is no range",
        ),
        (
            json!([{"name": "b", "type": "bool"},
                   {"name": "a", "type": "bool", "condition": {"parent": "b", "at_least": 1}}]),
            "at_least asks for a parent of the type int",
        ),
        (
            json!([{"name": "a", "type": "bool", "condition": {"parent": "b", "values": [1]}}]),
            "`b` of its condition does not come before",
        ),
        (
            json!([{"name": "a", "type": "bool", "default": 3}]),
            "`a`: `default` is 3; that of a bool is true or false",
        ),
        (
            json!([{"name": "a", "type": "float", "low": 0, "high": 1, "choices": [1]}]),
            "`a`: the type float takes no `choices`",
        ),
        (
            json!([{"name": "a", "type": "bool", "choices": [true]}]),
            "the type bool takes no `choices`",
        ),
        (
            json!([{"name": "a", "type": "categorical", "choices": [1], "log": true}]),
            "the type categorical takes no `log`",
        ),
        (
            json!([{"name": "a", "type": "categorical", "choices": [1], "low": 0}]),
            "takes no `low`; leave it out",
        ),
        (
            json!([{"name": "a", "type": "int", "low": 0, "high": 1, "bits": 32}]),
            "the type int takes no `bits`",
        ),
        (
            json!([{"name": "a", "type": "fixed", "value": 1, "default": 2}]),
            "the type fixed takes no `default`",
        ),
        (
            json!([{"name": "a", "type": "int", "low": 1, "high": 2, "log": true,
                    "scale": "linear"}]),
            "`log` and another `scale`",
        ),
        (
            json!([{"name": "n", "type": "int", "low": 0, "high": 10, "step": 4},
                   {"name": "a", "type": "bool",
                    "condition": {"parent": "n", "at_least": 9}}]),
            "`a` depends on `n`: it is never at least 9, for its highest value is 8",
        ),
        (
            json!([{"name": "b", "type": "bool"},
                   {"name": "a", "type": "bool",
                    "condition": {"parent": "b", "values": ["true"]}}]),
            "\"true\" is not one of [false, true]",
        ),
    ];
    for (json, expected) in faults {
        let error = read(json).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
