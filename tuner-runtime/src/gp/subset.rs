//! Which observations stand for all of them, where all would be too many.
//!
//! Squared distances add up over the dimensions, each divided by a lengthscale; categories differ by 1 or not at all.
//!
//! Source of the greedy choice of far points: T. Gonzalez, "Clustering to minimize the maximum intercluster distance" (1985).

use super::data::{Data, Kind};
use super::hyper::Hyper;

/// The observations that hyperparameters of large data are fitted to: a quarter the best, a quarter the newest, and the
/// rest chosen one by one to be far from those already chosen. Ascending indices; all of them where `limit` allows.
pub fn representative(data: &Data, limit: usize) -> Vec<usize> {
    let n = data.len();
    if n <= limit {
        return (0..n).collect();
    }
    let mut by_value: Vec<usize> = (0..n).collect();
    by_value.sort_by(|a, b| data.values[*b].total_cmp(&data.values[*a]).then(a.cmp(b)));
    let mut chosen = vec![false; n];
    by_value[..limit / 4].iter().for_each(|&i| chosen[i] = true);
    (n - limit / 4..n).for_each(|i| chosen[i] = true);
    let left = limit - chosen.iter().filter(|chosen| **chosen).count();
    spread(data, &vec![1.0; data.dimensions()], &mut chosen, left)
}

/// The observations that a posterior of very large data is conditioned on: the `local` ones nearest to observation `centre`,
/// in lengthscales, and `global` others that are far from those and from each other. Ascending indices; all of them where
/// there are no more.
pub fn around(
    data: &Data,
    hyper: &Hyper,
    centre: usize,
    local: usize,
    global: usize,
) -> Vec<usize> {
    let n = data.len();
    if n <= local + global {
        return (0..n).collect();
    }
    let weights: Vec<f64> = hyper.log_lengths.iter().map(|l| (-2.0 * l).exp()).collect();
    let away: Vec<f64> = (0..n).map(|i| square(data, &weights, i, centre)).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| away[*a].total_cmp(&away[*b]).then(a.cmp(b)));
    let mut chosen = vec![false; n];
    order[..local].iter().for_each(|&i| chosen[i] = true);
    spread(data, &weights, &mut chosen, global)
}

/// Adds `count` observations to the chosen ones, each the farthest from those before it.
fn spread(data: &Data, weights: &[f64], chosen: &mut [bool], count: usize) -> Vec<usize> {
    let n = data.len();
    let mut nearest = vec![f64::INFINITY; n];
    let approach = |nearest: &mut [f64], to: usize| {
        for (i, nearest) in nearest.iter_mut().enumerate() {
            *nearest = nearest.min(square(data, weights, i, to));
        }
    };
    (0..n)
        .filter(|&i| chosen[i])
        .for_each(|i| approach(&mut nearest, i));
    for _ in 0..count {
        let farthest = (0..n)
            .filter(|&i| !chosen[i])
            .max_by(|&a, &b| nearest[a].total_cmp(&nearest[b]).then(b.cmp(&a)));
        let Some(farthest) = farthest else { break };
        chosen[farthest] = true;
        approach(&mut nearest, farthest);
    }
    (0..n).filter(|&i| chosen[i]).collect()
}

/// The squared distance of two observations.
fn square(data: &Data, weights: &[f64], a: usize, b: usize) -> f64 {
    let pairs = data.row(a).iter().zip(data.row(b));
    pairs
        .zip(data.kinds.iter().zip(weights))
        .map(|((a, b), (kind, weight))| match kind {
            Kind::Categorical if a == b => 0.0,
            Kind::Categorical => *weight,
            Kind::Continuous | Kind::Grid => (a - b) * (a - b) * weight,
        })
        .sum()
}
