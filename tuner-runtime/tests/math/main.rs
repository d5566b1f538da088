//! The numbers of `math` against reference values and against themselves.

mod hypervolume;
mod lbfgs;
mod normal;
mod partition;
mod sobol;
mod transform;

use serde_json::Value;

/// A reference file, parsed.
fn reference(name: &str) -> Value {
    let path = format!("{}/tests/reference/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the reference file is in the repository");
    serde_json::from_str(&text).expect("the reference file is JSON")
}

/// A list of numbers.
fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(|number| number.as_f64().expect("a number"))
        .collect()
}

/// A list of lists of numbers.
fn rows(value: &Value) -> Vec<Vec<f64>> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(numbers)
        .collect()
}

/// Asserts |found - wanted| <= tolerance |wanted|, with `least` in place of a smaller |wanted|.
#[track_caller]
fn assert_close(found: f64, wanted: f64, tolerance: f64, least: f64, what: &str) {
    let error = (found - wanted).abs() / wanted.abs().max(least);
    assert!(
        error <= tolerance,
        "{what}: found {found:e}, wanted {wanted:e}, relative error {error:e}"
    );
}
