//! Gaussian processes against scikit-learn and against themselves.
#![cfg(feature = "gp")]

mod acquisition;
mod fit;
mod output;
mod posterior;
mod several;

use serde_json::Value;
use tuner_runtime::gp::{Data, Hyper, Kind};

/// A case of the reference file: its data, hyperparameters and the rest.
struct Case {
    data: Data,
    hyper: Hyper,
    file: Value,
}

impl Case {
    fn all() -> Vec<Self> {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/reference/posterior.json"
        );
        let text = std::fs::read_to_string(path).expect("the reference file is in the repository");
        let cases: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
        cases.into_iter().map(Self::read).collect()
    }

    fn read(file: Value) -> Self {
        let kinds: Vec<Kind> = file["kinds"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|kind| match kind.as_str() {
                Some("continuous") => Kind::Continuous,
                Some("grid") => Kind::Grid,
                _ => Kind::Categorical,
            })
            .collect();
        let data = Data::new(&kinds, &numbers(&file["rows"]), &numbers(&file["values"]))
            .and_then(|data| data.with_extra_noise(&numbers(&file["extra"])))
            .expect("a valid design");
        let hyper = serde_json::from_value(file["hyper"].clone()).expect("hyperparameters");
        Self { data, hyper, file }
    }

    fn list(&self, key: &str) -> Vec<f64> {
        numbers(&self.file[key])
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list");
    list.iter().map(|x| x.as_f64().expect("a number")).collect()
}

#[track_caller]
fn assert_all_close(found: &[f64], wanted: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let error = (found - wanted).abs() / (1.0 + wanted.abs());
        assert!(
            error <= tolerance,
            "{what} {i}: {found:e} {wanted:e}, error {error:e}"
        );
    }
}
