//! The parts of one suggestion by Gaussian process, at ten parameters of mixed kinds, on one thread. Whole suggestions are
//! measured in `samplers`.
//!
//! `cargo bench -p tuner-runtime --features gp --bench gp`

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use tuner_runtime::gp::{
    Acquisition, Data, FitOptions, Hyper, Kind, Posterior, Utility, Warping, ascend, fit,
    representative,
};
use tuner_runtime::math::rng::Rng;
use tuner_runtime::math::sobol::Sobol;
use tuner_runtime::math::transform::{half_rank, standardise};

const SIZES: [usize; 6] = [25, 50, 100, 200, 500, 1000];
const DIMENSIONS: usize = 10;
const KINDS: [Kind; DIMENSIONS] = [
    Kind::Continuous,
    Kind::Continuous,
    Kind::Continuous,
    Kind::Continuous,
    Kind::Continuous,
    Kind::Continuous,
    Kind::Grid,
    Kind::Grid,
    Kind::Categorical,
    Kind::Categorical,
];

/// Points on the grids and in the categories of the ten dimensions.
fn rows(n: usize, rng: &mut Rng) -> Vec<f64> {
    let sequence = Sobol::scrambled(DIMENSIONS, rng).expect("ten dimensions");
    let place = |(u, kind): (f64, &Kind)| match kind {
        Kind::Continuous => u,
        Kind::Grid => ((u * 16.0).floor() + 0.5) / 16.0,
        Kind::Categorical => (u * 3.0).floor(),
    };
    (0..n as u64)
        .flat_map(|index| {
            sequence
                .point(index)
                .into_iter()
                .zip(&KINDS)
                .map(place)
                .collect::<Vec<f64>>()
        })
        .collect()
}

/// A function of ten coordinates with a little noise, transformed as a sampler would.
fn data(n: usize) -> Data {
    let mut rng = Rng::new(1);
    let rows = rows(n, &mut rng);
    let values: Vec<f64> = rows
        .chunks(DIMENSIONS)
        .map(|x| {
            (6.0 * x[0]).sin() - (x[1] - 0.3).powi(2)
                + x[2] * x[6]
                + 0.4 * x[8]
                + 0.05 * rng.normal()
        })
        .collect();
    Data::new(&KINDS, &rows, &standardise(&half_rank(&values))).expect("valid")
}

/// Candidates of a screening.
const CANDIDATES: usize = 1024;

const WARM: FitOptions = FitOptions {
    max_iterations: 12,
    gradient_tolerance: 1e-2,
    warp: Warping::Never,
};

/// Hyperparameters of the data without its newest trial: what a warm fit starts from.
fn previous(n: usize) -> Hyper {
    refit(
        &data(n - 1),
        &[Hyper::prior_mode(DIMENSIONS)],
        FitOptions::default(),
    )
}

fn refit(data: &Data, starts: &[Hyper], options: FitOptions) -> Hyper {
    let kept = representative(data, 512);
    let rows: Vec<f64> = kept.iter().flat_map(|&i| data.row(i).to_vec()).collect();
    let values: Vec<f64> = kept.iter().map(|&i| data.values()[i]).collect();
    let part = Data::new(&KINDS, &rows, &values).expect("valid");
    fit(&part, starts, options).expect("a fit").hyper
}

/// Screening and ten climbs of 20 steps.
fn search(posterior: &Posterior, candidates: &[f64], best: f64) -> f64 {
    let acquisition = Acquisition::new(posterior, Utility::LogImprovement { best });
    let values = acquisition.evaluate(candidates);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    let starts: Vec<f64> = order[..10]
        .iter()
        .flat_map(|i| &candidates[i * DIMENSIONS..(i + 1) * DIMENSIONS])
        .copied()
        .collect();
    let range = |(i, at): (usize, &f64)| match KINDS[i % DIMENSIONS] {
        Kind::Continuous => (0.0, 1.0),
        _ => (*at, *at),
    };
    let ranges: Vec<(f64, f64)> = starts.iter().enumerate().map(range).collect();
    ascend(&acquisition, &starts, &ranges, 20).values[0]
}

fn parts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gp");
    group.sample_size(10);
    for n in SIZES {
        let data = data(n);
        let best = data.values().iter().fold(f64::MIN, |best, y| best.max(*y));
        let warm = previous(n);
        let candidates = rows(CANDIDATES, &mut Rng::new(2));
        let posterior = Posterior::new(data.clone(), &warm).expect("a posterior");
        let acquisition = Acquisition::new(&posterior, Utility::LogImprovement { best });
        let starts = [warm.clone(), Hyper::prior_mode(DIMENSIONS)];
        group.bench_function(BenchmarkId::new("fit", n), |b| {
            b.iter(|| refit(&data, &starts, WARM))
        });
        group.bench_function(BenchmarkId::new("posterior", n), |b| {
            b.iter(|| Posterior::new(data.clone(), &warm));
        });
        group.bench_function(BenchmarkId::new("append", n), |b| {
            let row = &candidates[..DIMENSIONS];
            b.iter_batched(
                || posterior.clone(),
                |mut grown| grown.append(row, 0.0).map(|()| grown),
                BatchSize::LargeInput,
            );
        });
        group.bench_function(BenchmarkId::new("screen", n), |b| {
            b.iter(|| acquisition.evaluate(&candidates))
        });
        group.bench_function(BenchmarkId::new("search", n), |b| {
            b.iter(|| search(&posterior, &candidates, best))
        });
    }
    group.finish();
}

criterion_group!(benches, parts);
criterion_main!(benches);
