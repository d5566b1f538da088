//! Draws from the posterior of the hyperparameters.
//!
//! With few observations many hyperparameters explain them, and the most probable ones alone are too sure of what they
//! predict. Hamiltonian Monte Carlo draws others: with momenta p ~ N(0, 1), x follows dx = p, dp = -dU, where U is the loss of
//! [`super::fit`], by leapfrog steps, is reflected at the bounds, and is kept with probability min(1, e^-dH),
//! H = U + p'p / 2.
//!
//! Sources: R. Neal, "MCMC using Hamiltonian dynamics" (2011), sections 2.3, 3.2 and 5.1; J. Snoek, H. Larochelle and R. Adams,
//! "Practical Bayesian optimization of machine learning algorithms" (2012), for averaging an acquisition over such draws.

use super::GpError;
use super::data::Data;
use super::hyper::{Hyper, Layout};
use super::likelihood::Loss;
use crate::math::rng::Rng;

/// How the chain moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChainOptions {
    /// Trajectories from one draw to the next.
    pub trajectories: usize,
    /// Leapfrog steps of a trajectory.
    pub steps: usize,
    /// The mean size of a step, in nats of a logarithm; each trajectory has its own, from half of it to one and a half.
    pub size: f64,
}

impl Default for ChainOptions {
    fn default() -> Self {
        Self {
            trajectories: 1,
            steps: 5,
            size: 0.15,
        }
    }
}

/// Draws `count` hyperparameters, one after another, from a start that should be probable, such as that of a fit.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::gp::{ChainOptions, Data, FitOptions, Hyper, Kind, draws, fit};
/// use tuner::math::rng::Rng;
/// let rows = [0.1, 0.4, 0.5, 0.9];
/// let data = Data::new(&[Kind::Continuous], &rows, &[-1.2, 0.3, 0.8, 0.1])?;
/// let found = fit(&data, &[Hyper::prior_mode(1)], FitOptions::default())?;
/// let drawn = draws(&data, &found.hyper, 4, ChainOptions::default(), &mut Rng::new(1))?;
/// assert_eq!(drawn.len(), 4);
/// # Ok::<(), tuner::gp::GpError>(())
/// ```
///
/// # Errors
/// A start of another dimension, or one at which the covariance matrix cannot be factored.
pub fn draws(
    data: &Data,
    start: &Hyper,
    count: usize,
    options: ChainOptions,
    rng: &mut Rng,
) -> Result<Vec<Hyper>, GpError> {
    if start.log_lengths.len() != data.dimensions() {
        return Err(GpError::Count {
            found: start.log_lengths.len(),
            wanted: data.dimensions(),
        });
    }
    let layout = Layout::new(data, !start.warps.is_empty());
    let mut loss = Loss::new(data, &layout);
    let bounds: Vec<(f64, f64)> = layout.lower().into_iter().zip(layout.upper()).collect();
    let mut at = State::new(&mut loss, layout.pack(start));
    if !at.value.is_finite() {
        return Err(GpError::NotPositiveDefinite { rows: data.len() });
    }
    let mut drawn = Vec::with_capacity(count);
    for _ in 0..count {
        for _ in 0..options.trajectories {
            if let Some(next) = at.trajectory(&mut loss, &bounds, options, rng) {
                at = next;
            }
        }
        drawn.push(layout.unpack(&at.x));
    }
    Ok(drawn)
}

/// Packed hyperparameters with their loss.
struct State {
    x: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

impl State {
    fn new(loss: &mut Loss<'_>, x: Vec<f64>) -> Self {
        let mut gradient = vec![0.0; x.len()];
        let value = loss.evaluate(&x, &mut gradient);
        Self { x, value, gradient }
    }

    /// Where a trajectory ends; `None` when that is rejected.
    fn trajectory(
        &self,
        loss: &mut Loss<'_>,
        bounds: &[(f64, f64)],
        options: ChainOptions,
        rng: &mut Rng,
    ) -> Option<Self> {
        let mut momentum: Vec<f64> = self.x.iter().map(|_| rng.normal()).collect();
        let step = options.size * (0.5 + rng.unit());
        let threshold = (1.0 - rng.unit()).ln();
        let before = self.value + kinetic(&momentum);
        let kick = |momentum: &mut [f64], gradient: &[f64]| {
            let pairs = momentum.iter_mut().zip(gradient);
            pairs.for_each(|(p, g)| *p -= 0.5 * step * g);
        };
        kick(&mut momentum, &self.gradient);
        let mut x = self.x.clone();
        for last in (0..options.steps).rev() {
            for ((x, p), (low, high)) in x.iter_mut().zip(&mut momentum).zip(bounds) {
                *x += step * *p;
                if *x < *low {
                    (*x, *p) = (2.0 * low - *x, -*p);
                } else if *x > *high {
                    (*x, *p) = (2.0 * high - *x, -*p);
                }
                // Thrown across the whole range: the step is far too large here.
                if *x < *low || *x > *high {
                    return None;
                }
            }
            let at = Self::new(loss, x);
            if !at.value.is_finite() {
                return None;
            }
            kick(&mut momentum, &at.gradient);
            if last == 0 {
                let after = at.value + kinetic(&momentum);
                return (threshold < before - after).then_some(at);
            }
            kick(&mut momentum, &at.gradient);
            x = at.x;
        }
        None
    }
}

fn kinetic(momentum: &[f64]) -> f64 {
    0.5 * momentum.iter().map(|p| p * p).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::super::data::Kind;
    use super::*;

    #[test]
    fn a_chain_on_data_that_say_nothing_draws_from_the_prior() {
        // One observation at the mean: the likelihood hardly depends on the lengthscale.
        let data = Data::new(&[Kind::Continuous], &[0.5], &[0.0]).expect("valid");
        let options = ChainOptions {
            trajectories: 4,
            steps: 8,
            size: 0.3,
        };
        let mut rng = Rng::new(3);
        let drawn = draws(&data, &Hyper::prior_mode(1), 4000, options, &mut rng).expect("draws");
        let lengths: Vec<f64> = drawn.iter().map(|hyper| hyper.log_lengths[0]).collect();
        let mean = lengths.iter().sum::<f64>() / 4000.0;
        let square = |l: &f64| (l - mean).powi(2) / 4000.0;
        let variance: f64 = lengths.iter().map(square).sum();
        // The prior N(-1, 1), cut off at ln 0.025 = -3.7.
        assert!((mean + 1.0).abs() < 0.1, "{mean}");
        assert!((variance - 1.0).abs() < 0.13, "{variance}");
    }

    #[test]
    fn draws_are_the_same_for_the_same_stream_and_differ_among_themselves() {
        let rows = [0.1, 0.4, 0.5, 0.9];
        let data = Data::new(&[Kind::Continuous], &rows, &[-1.2, 0.3, 0.8, 0.1]).expect("valid");
        let drawn = |seed| {
            let start = Hyper::prior_mode(1);
            draws(
                &data,
                &start,
                8,
                ChainOptions::default(),
                &mut Rng::new(seed),
            )
            .expect("draws")
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let all = drawn(1);
        assert!(all.iter().filter(|hyper| **hyper != all[0]).count() >= 4);
    }
}
