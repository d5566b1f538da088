//! Acquisitions: their values, gradients, fantasies and maxima.

use crate::assert_all_close;
use std::sync::Arc;
use tuner_runtime::gp::{
    Acquisition, Condition, Data, Hyper, Kind, Posterior, Utility, ascend, quasi_normal,
};
use tuner_runtime::math::normal::{cdf, density, log_cdf};
use tuner_runtime::math::rng::Rng;

const KINDS: [Kind; 3] = [Kind::Continuous, Kind::Categorical, Kind::Continuous];

fn rows(n: usize, rng: &mut Rng) -> Vec<f64> {
    (0..n)
        .flat_map(|_| [rng.unit(), rng.below(3) as f64, rng.unit()])
        .collect()
}

fn sample(n: usize, seed: u64) -> Posterior {
    let mut rng = Rng::new(seed);
    let rows = rows(n, &mut rng);
    let value = |row: &[f64]| (5.0 * row[0]).sin() + 0.5 * row[1] - (row[2] - 0.4).powi(2);
    let values: Vec<f64> = rows.chunks(3).map(value).collect();
    let hyper = Hyper {
        log_lengths: vec![-1.0, 0.3, -0.5],
        log_signal: 0.2,
        log_noise: -7.0,
        warps: Vec::new(),
    };
    Posterior::new(Data::new(&KINDS, &rows, &values).expect("valid"), &hyper).expect("a posterior")
}

fn best(posterior: &Posterior) -> f64 {
    posterior
        .predict(&rows(50, &mut Rng::new(0)))
        .mean
        .into_iter()
        .fold(f64::MIN, f64::max)
}

#[test]
fn utilities_are_their_formulas() {
    let posterior = sample(15, 1);
    let queries = rows(40, &mut Rng::new(9));
    let at = posterior.predict(&queries);
    let best = best(&posterior) - 0.5;
    let evaluate = |utility| Acquisition::new(&posterior, utility).evaluate(&queries);
    let improvement: Vec<f64> = at
        .mean
        .iter()
        .zip(&at.sd)
        .map(|(m, s)| {
            let u = (m - best) / s;
            (s * (density(u) + u * cdf(u))).ln()
        })
        .collect();
    let found = evaluate(Utility::LogImprovement { best });
    // The formula itself underflows far below best.
    for (found, wanted) in found
        .iter()
        .zip(&improvement)
        .filter(|(_, wanted)| **wanted > -20.0)
    {
        assert_all_close(&[*found], &[*wanted], 1e-8, "improvement");
    }
    let condition = Condition {
        posterior: &posterior,
        limit: 0.2,
        at_most: true,
        floor: -7.0,
        power: 2.5,
    };
    let feasible = Acquisition::new(&posterior, Utility::Feasible)
        .with(condition)
        .evaluate(&queries);
    let wanted: Vec<f64> = at
        .mean
        .iter()
        .zip(&at.sd)
        .map(|(m, s)| 2.5 * log_cdf((0.2 - m) / s).max(-7.0))
        .collect();
    assert_all_close(&feasible, &wanted, 1e-12, "feasible");
    assert!(feasible.contains(&(2.5 * -7.0)));
}

#[test]
fn gradients_are_those_of_central_differences() {
    let (objective, other) = (sample(20, 2), sample(12, 3));
    let mut rng = Rng::new(4);
    let pending = objective
        .clone()
        .with_pending(&rows(3, &mut rng), &quasi_normal(8, 3, &mut rng))
        .expect("fantasies");
    let over = objective.clone().over(Arc::new(sample(9, 5)), 0.6);
    let over = over
        .with_pending(&rows(2, &mut rng), &quasi_normal(4, 2, &mut rng))
        .expect("fantasies");
    let awaited = other
        .clone()
        .with_pending(&rows(3, &mut rng), &quasi_normal(8, 3, &mut rng))
        .expect("fantasies");
    // In half of the draws nothing pending counts.
    let some: Vec<bool> = (0..24).map(|i| i % 6 == 4).collect();
    let counted = pending.clone().counting(&some);
    let queries = rows(20, &mut rng);
    let best = f64::NEG_INFINITY;
    for (posterior, limited) in [
        (&objective, &other),
        (&pending, &other),
        (&over, &other),
        (&objective, &awaited),
        (&counted, &awaited),
    ] {
        for utility in [
            Utility::LogImprovement { best: 1.2 },
            Utility::LogImprovement { best },
            Utility::Feasible,
        ] {
            let acquisition = Acquisition::new(posterior, utility)
                .with(Condition {
                    posterior: &other,
                    limit: 0.1,
                    at_most: false,
                    floor: -7.0,
                    power: 2.5,
                })
                .with(Condition {
                    posterior: limited,
                    limit: 1.5,
                    at_most: true,
                    floor: f64::NEG_INFINITY,
                    power: 1.0,
                });
            let (values, gradient) = acquisition.differentiate(&queries);
            assert_all_close(&values, &acquisition.evaluate(&queries), 1e-12, "value");
            for at in (0..queries.len()).filter(|at| at % 3 != 1) {
                let h = 1e-6;
                let moved = |step: f64| {
                    let mut moved = queries.clone();
                    moved[at] += step;
                    acquisition.evaluate(&moved)[at / 3]
                };
                let wanted = (moved(h) - moved(-h)) / (2.0 * h);
                assert_all_close(&[gradient[at]], &[wanted], 1e-5, "gradient");
            }
        }
    }
}

#[test]
fn an_average_over_hyperparameters_is_that_of_the_improvements() {
    let first = sample(12, 2);
    let others: Vec<Posterior> = [(-0.3, -6.0), (0.4, -4.0)]
        .map(|(length, log_noise)| {
            let hyper = Hyper {
                log_lengths: vec![length; 3],
                log_noise,
                ..first.hyper().clone()
            };
            Posterior::new(first.data().clone(), &hyper).expect("a posterior")
        })
        .into();
    let utility = Utility::LogImprovement {
        best: best(&first) - 0.2,
    };
    let together = Acquisition::new(&first, utility).averaged(&others);
    let queries = rows(30, &mut Rng::new(5));
    let found = together.evaluate(&queries);
    let all = [&first, &others[0], &others[1]];
    let alone = all.map(|posterior| Acquisition::new(posterior, utility).evaluate(&queries));
    let wanted: Vec<f64> = (0..30)
        .map(|i| (alone.iter().map(|values| values[i].exp()).sum::<f64>() / 3.0).ln())
        .collect();
    assert_all_close(&found, &wanted, 1e-12, "average");
    let (values, gradient) = together.differentiate(&queries);
    assert_all_close(&values, &found, 1e-12, "value");
    for i in (0..queries.len()).filter(|i| i % 3 != 1) {
        let at = |shift: f64| {
            let mut moved = queries.clone();
            moved[i] += shift;
            together.evaluate(&moved)[i / 3]
        };
        let wanted = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert_all_close(&[gradient[i]], &[wanted], 1e-6, "gradient");
    }
}

#[test]
fn fantasies_have_the_joint_distribution() {
    let posterior = sample(10, 5);
    let mut rng = Rng::new(6);
    let awaited = rows(3, &mut rng);
    let sets = 4096;
    let pending = posterior
        .clone()
        .with_pending(&awaited, &quasi_normal(sets, 3, &mut rng))
        .expect("fantasies");
    // Averaged over the draws the mean is the old one, and its spread what the deviation loses.
    let queries = rows(6, &mut rng);
    let (before, after) = (posterior.predict(&queries), pending.predict(&queries));
    for i in 0..6 {
        let draws = &after.mean[i * sets..(i + 1) * sets];
        let mean = draws.iter().sum::<f64>() / sets as f64;
        let variance = draws.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / sets as f64;
        assert_all_close(&[mean], &[before.mean[i]], 1e-2, "mean");
        let total = variance + after.sd[i].powi(2);
        assert_all_close(&[total], &[before.sd[i].powi(2)], 1e-2, "variance");
        assert!(after.sd[i] <= before.sd[i]);
    }
    assert_eq!(
        posterior
            .clone()
            .with_pending(&[], &[])
            .expect("itself")
            .predict(&queries),
        before
    );
    assert!(posterior.with_pending(&awaited, &[0.0; 4]).is_err());
}

#[test]
fn one_drawn_value_is_an_observation() {
    let posterior = sample(10, 7);
    let awaited = rows(1, &mut Rng::new(8));
    let at = posterior.predict(&awaited);
    let deviation = (at.sd[0].powi(2) + posterior.hyper().noise() + 1e-8).sqrt();
    let value = at.mean[0] + 1.3 * deviation;
    let pending = posterior.clone().with_pending(&awaited, &[1.3]);
    let pending = pending.expect("a fantasy");
    let mut observed = posterior.clone();
    observed.append(&awaited, value).expect("appended");
    let queries = rows(9, &mut Rng::new(9));
    // The mean is profiled again in one of them only.
    let shift = (observed.prior_mean() - posterior.prior_mean()).abs();
    let (found, wanted) = (pending.predict(&queries), observed.predict(&queries));
    assert_all_close(&found.mean, &wanted.mean, shift + 1e-9, "mean");
    assert_all_close(&found.sd, &wanted.sd, 1e-9, "deviation");
}

#[test]
fn what_is_drawn_over_a_base_counts_with_it() {
    let (rest, base) = (sample(10, 7), sample(8, 12));
    let awaited = rows(1, &mut Rng::new(8));
    let over = rest.clone().over(Arc::new(base.clone()), 0.7);
    let [rest, over] =
        [rest, over].map(|posterior| posterior.with_pending(&awaited, &[1.3]).expect("a fantasy"));
    let queries = rows(9, &mut Rng::new(9));
    let (found, part) = (over.predict(&queries), rest.predict(&queries));
    let below = base.predict(&queries).mean;
    let sums = part.mean.iter().zip(&below).map(|(m, b)| m + 0.7 * b);
    assert_all_close(&found.mean, &sums.collect::<Vec<f64>>(), 1e-12, "mean");
    assert_eq!(found.sd, part.sd);
    // What is to be improved on is the drawn value, which is close to the mean there once it is drawn.
    let at = over.predict(&awaited);
    let acquisition = Acquisition::new(&over, Utility::LogImprovement { best: -1e9 });
    let wanted = at.mean.iter().zip(&at.sd).map(|(m, s)| {
        let u = (m - at.mean[0]) / s;
        (s * (density(u) + u * cdf(u))).ln()
    });
    let wanted: Vec<f64> = wanted.collect();
    assert_all_close(&acquisition.evaluate(&awaited), &wanted, 0.5, "improvement");
}

#[test]
fn what_is_pending_is_drawn_together_with_its_conditions() {
    let (objective, violation) = (sample(12, 2), sample(9, 3));
    let mut rng = Rng::new(12);
    let awaited = rows(2, &mut rng);
    let mut pending = |posterior: &Posterior| {
        let normals = quasi_normal(16, 2, &mut rng);
        let posterior = posterior.clone().with_pending(&awaited, &normals);
        posterior.expect("fantasies")
    };
    let (objective, violation) = (pending(&objective), pending(&violation));
    // The middle of what is drawn.
    let mut drawn = violation.drawn().to_vec();
    drawn.sort_by(f64::total_cmp);
    let limit = drawn[16];
    let counts: Vec<bool> = violation.drawn().iter().map(|at| *at <= limit).collect();
    let objective = objective.counting(&counts);
    let pairs = objective.drawn().chunks(2).zip(counts.chunks(2));
    let best: Vec<Option<f64>> = pairs
        .map(|(drawn, counts)| {
            let counted = drawn.iter().zip(counts).filter(|(_, counts)| **counts);
            counted.map(|(drawn, _)| *drawn).max_by(f64::total_cmp)
        })
        .collect();
    assert!(best.contains(&None));
    let queries = rows(10, &mut Rng::new(13));
    let (values, limits) = (objective.predict(&queries), violation.predict(&queries));
    let wanted = (0..10).map(|i| {
        let product = |set: usize| {
            let u = best[set].map(|best| (values.mean[i * 16 + set] - best) / values.sd[i]);
            // With nothing to improve on any value is worth one.
            let improvement = u.map_or(1.0, |u| values.sd[i] * (density(u) + u * cdf(u)));
            improvement * cdf((limit - limits.mean[i * 16 + set]) / limits.sd[i])
        };
        ((0..16).map(product).sum::<f64>() / 16.0).ln()
    });
    let wanted: Vec<f64> = wanted.collect();
    let condition = Condition {
        posterior: &violation,
        limit,
        at_most: true,
        floor: f64::NEG_INFINITY,
        power: 1.0,
    };
    let best = f64::NEG_INFINITY;
    let acquisition = Acquisition::new(&objective, Utility::LogImprovement { best });
    let found = acquisition.with(condition).evaluate(&queries);
    assert_all_close(&found, &wanted, 1e-8, "product");
}

#[test]
fn pending_points_are_avoided() {
    let posterior = sample(15, 10);
    let utility = Utility::LogImprovement {
        best: best(&posterior),
    };
    let mut rng = Rng::new(11);
    let candidates = rows(500, &mut rng);
    let top = |posterior: &Posterior| {
        let values = Acquisition::new(posterior, utility).evaluate(&candidates);
        (0..500)
            .max_by(|a, b| values[*a].total_cmp(&values[*b]))
            .expect("some")
    };
    let mut chosen = Vec::new();
    let mut awaited = Vec::new();
    for _ in 0..6 {
        let normals = quasi_normal(32, chosen.len().max(1), &mut rng);
        let normals = if chosen.is_empty() {
            Vec::new()
        } else {
            normals
        };
        let pending = posterior
            .clone()
            .with_pending(&awaited, &normals)
            .expect("fantasies");
        let next = top(&pending);
        assert!(!chosen.contains(&next), "{next} again");
        chosen.push(next);
        awaited.extend_from_slice(&candidates[next * 3..next * 3 + 3]);
    }
}

#[test]
fn ascending_ends_higher_and_moves_what_is_free() {
    let posterior = sample(25, 12);
    let acquisition = Acquisition::new(
        &posterior,
        Utility::LogImprovement {
            best: best(&posterior),
        },
    );
    let starts = rows(10, &mut Rng::new(13));
    let free: Vec<bool> = (0..30)
        .map(|i| i % 3 == 0 || (i % 3 == 2 && i < 15))
        .collect();
    let before = acquisition.evaluate(&starts);
    let range = |(i, free): (usize, &bool)| match free {
        true => (0.0, 1.0),
        false => (starts[i], starts[i]),
    };
    let ranges: Vec<(f64, f64)> = free.iter().enumerate().map(range).collect();
    let found = ascend(&acquisition, &starts, &ranges, 40);
    assert_all_close(
        &acquisition.evaluate(&found.rows),
        &found.values,
        1e-9,
        "value",
    );
    assert!(
        found
            .values
            .iter()
            .zip(&before)
            .all(|(after, before)| after >= before)
    );
    for i in 0..30 {
        assert!((0.0..=1.0).contains(&found.rows[i]) || i % 3 == 1);
        assert!(free[i] || found.rows[i] == starts[i]);
    }
    let total = |values: &[f64]| values.iter().sum::<f64>();
    assert!(total(&found.values) > total(&before) + 5.0);
    // At an inner maximum the gradient vanishes.
    let (_, gradient) = acquisition.differentiate(&found.rows);
    let inner = (0..30).filter(|&i| free[i] && found.rows[i] > 0.0 && found.rows[i] < 1.0);
    let small = inner.clone().filter(|&i| gradient[i].abs() < 0.05).count();
    assert!(small * 10 >= inner.count() * 8);
}
