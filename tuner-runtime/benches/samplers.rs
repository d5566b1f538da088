//! One suggestion of each sampler, at ten parameters of mixed kinds, after n finished trials, on one thread.
//!
//! The Gaussian process is refitted at every trial up to 100 and after each growth by a twentieth beyond; its time is the mean
//! over that schedule.
//!
//! `cargo bench -p tuner-runtime --features gp --bench samplers`

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::json;
use tuner_runtime::sampler::{Ask, Random, Sampler, Sobol, Tpe};
use tuner_runtime::space::{Point, Space, Value};
use tuner_runtime::storage::Memory;
use tuner_runtime::study::{Core, Setup};
use tuner_runtime::trial::{History, Objective};

const SIZES: [u64; 6] = [25, 50, 100, 200, 500, 1000];

fn space() -> Space {
    let continuous = |i| json!({"name": format!("x{i}"), "type": "float", "low": 0.0, "high": 1.0});
    let grid = |name| json!({"name": name, "type": "int", "low": 1, "high": 16});
    let category = |name| json!({"name": name, "type": "categorical", "choices": ["a", "b", "c"]});
    let mut all: Vec<_> = (0..6).map(continuous).collect();
    all.extend([grid("g"), grid("h"), category("k"), category("l")]);
    Space::from_json(&json!(all)).expect("a sound space").0
}

/// A bowl with a category that shifts it, and a little unevenness.
fn value(point: &Point) -> f64 {
    let number = |name: &str| point.get(name).and_then(Value::as_f64).unwrap_or(0.0);
    let bowl: f64 = (0..6)
        .map(|i| (number(&format!("x{i}")) - 0.3).powi(2) * f64::from(i + 1))
        .sum();
    let shifted = point.get("k").and_then(Value::as_str) == Some("a");
    bowl + 0.1 * f64::from(u8::from(shifted))
        + 0.02 * (number("g") - 5.0).abs()
        + 0.01 * (40.0 * number("x0")).sin()
}

/// A study of so many trials.
fn history(sampler: impl Sampler + 'static, trials: u64) -> History {
    let setup = Setup::new(space(), Arc::new(sampler))
        .objective(Objective::minimize("loss"))
        .max_trials(trials)
        .seed(1);
    let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).expect("a study");
    while let Ok(asked) = study.ask() {
        study.tell(asked.number, value(&asked.point)).expect("told");
    }
    (*study.history()).clone()
}

fn suggest(sampler: &dyn Sampler, history: &History) -> Point {
    let ask = Ask {
        history,
        number: history.trials().len() as u64,
        budget: None,
    };
    sampler.suggest(&ask).expect("a suggestion").point
}

fn quick(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("suggestion");
    group.sample_size(20);
    for n in SIZES {
        let history = history(Random::new(), n);
        let all: [(&str, &dyn Sampler); 3] = [
            ("random", &Random::new()),
            ("sobol", &Sobol::new()),
            ("tpe", &Tpe::new()),
        ];
        for (name, sampler) in all {
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| black_box(suggest(sampler, &history)));
            });
        }
    }
    group.finish();
}

#[cfg(feature = "gp")]
fn gp(criterion: &mut Criterion) {
    use tuner_runtime::sampler::{Gp, SampleError, Suggestion};

    /// Random points, but for one trial: what the process remembers is from there. One sampler from the first trial to the
    /// last, since nothing that was remembered outlives a change of samplers.
    struct Once {
        at: u64,
    }

    impl Sampler for Once {
        fn name(&self) -> String {
            "once".into()
        }

        fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
            match ask.number == self.at {
                true => Gp::new().suggest(ask),
                false => Random::new().suggest(ask),
            }
        }
    }

    let mut group = criterion.benchmark_group("suggestion");
    group.sample_size(10);
    for n in SIZES {
        let every = if n <= 100 { 1 } else { n / 20 };
        let due = history(Once { at: n - every - 1 }, n);
        let fresh = history(Once { at: n - 1 }, n);
        let mut since = 0;
        group.bench_function(BenchmarkId::new("gp", n), |b| {
            b.iter(|| {
                since += 1;
                let history = if since % every == 0 { &due } else { &fresh };
                black_box(suggest(&Gp::new(), history))
            });
        });
    }
    group.finish();
}

#[cfg(not(feature = "gp"))]
fn gp(_: &mut Criterion) {}

criterion_group!(benches, quick, gp);
criterion_main!(benches);
