//! What the user believes of where good values lie.
//!
//! To the acquisition of a point is added (b / n) sum ln(0.9 p + 0.1) over the parameters with a belief, where p is the
//! belief at the value, 1 at its best: after n finished trials of a budget of N, with b = N / 10 (10 without a budget). A
//! wrong belief costs at most ln 10 b / n for each parameter, which vanishes; the tenth keeps every value within reach.
//!
//! Source: C. Hvarfner et al., "πBO: Augmenting acquisition functions with user beliefs for Bayesian optimization" (2022).

use std::fmt;

use super::super::SampleError;
use super::encoding::Encoding;
use crate::gp::Term;
use crate::math::normal::{cdf, quantile};
use crate::space::{Axis, Domain, Param, Space, Value};

/// The part of the belief; the rest is spread evenly.
const BELIEF: f64 = 0.9;
/// The spread of a belief that says none, as a part of the parameter's range.
const SPREAD: f64 = 0.1;
/// Trials of a budget that is not known.
const BUDGET: u64 = 100;

/// Where the good values of a parameter probably lie.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::sampler::{Gp, Prior, Sampler};
/// let sampler = Gp::new()
///     .prior("learning_rate", Prior::around(1e-3).spread(0.15))
///     .prior("optimizer", Prior::weights([("Adam", 3.0), ("Sgd", 1.0)]));
/// assert_eq!(
///     sampler.name(),
///     "gp(learning_rate around 0.001 by 0.15, optimizer [Adam: 3, Sgd: 1])"
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    belief: Belief,
}

#[derive(Debug, Clone, PartialEq)]
enum Belief {
    Around { guess: f64, spread: f64 },
    Weights(Vec<(Value, f64)>),
}

impl Prior {
    /// A number is near this guess: normal on the parameter's own scale (the logarithm where it is logarithmic), with a
    /// standard deviation of a tenth of its range.
    pub fn around(guess: f64) -> Self {
        Self {
            belief: Belief::Around {
                guess,
                spread: SPREAD,
            },
        }
    }

    /// How far from the guess the good values may lie: the standard deviation, as a part of the parameter's range on its
    /// scale, from 0.01 to 1. Of no effect on weights.
    #[must_use]
    pub fn spread(mut self, part: f64) -> Self {
        if let Belief::Around { spread, .. } = &mut self.belief {
            *spread = part;
        }
        self
    }

    /// How often each choice is expected to be the best, up to a factor. Choices that are left out have the weight 0.
    pub fn weights<V: Into<Value>>(weights: impl IntoIterator<Item = (V, f64)>) -> Self {
        let weights = weights.into_iter().map(|(value, w)| (value.into(), w));
        Self {
            belief: Belief::Weights(weights.collect()),
        }
    }
}

impl fmt::Display for Prior {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.belief {
            Belief::Around { guess, spread } => write!(out, "around {guess} by {spread}"),
            Belief::Weights(weights) => {
                let all: Vec<String> = weights.iter().map(|(v, w)| format!("{v}: {w}")).collect();
                write!(out, "[{}]", all.join(", "))
            }
        }
    }
}

/// A belief on the coordinates of a space.
#[derive(Debug, Clone)]
enum Shape {
    Normal {
        centre: f64,
        spread: f64,
    },
    /// The places of the choices and their weights, 1 at most.
    Weights(Vec<(f64, f64)>),
}

/// The beliefs of a study, as a term of its acquisition.
pub(super) struct Beliefs<'a> {
    encoding: &'a Encoding<'a>,
    /// By dimension.
    shapes: Vec<(usize, Shape)>,
    weight: f64,
}

impl fmt::Debug for Beliefs<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = out.debug_struct("Beliefs");
        debug
            .field("shapes", &self.shapes)
            .field("weight", &self.weight);
        debug.finish_non_exhaustive()
    }
}

impl<'a> Beliefs<'a> {
    /// After `finished` trials of a budget; `None` without a belief about a parameter that varies.
    pub(super) fn new(
        priors: &[(String, Prior)],
        encoding: &'a Encoding<'a>,
        finished: usize,
        budget: Option<u64>,
    ) -> Result<Option<Self>, SampleError> {
        let space = encoding.space();
        let mut shapes = Vec::new();
        for (name, prior) in priors {
            let (place, shape) = shape(space, name, prior)?;
            if let Some(i) = encoding.dimension_of(place) {
                shapes.push((i, encoding.on_labels(i, shape)));
            }
        }
        let strength = budget.unwrap_or(BUDGET) as f64 / 10.0;
        Ok((!shapes.is_empty()).then_some(Self {
            encoding,
            shapes,
            weight: strength / finished.max(1) as f64,
        }))
    }

    /// Numbers in `[0, 1)` for each dimension, moved to where the user expects good values.
    pub(super) fn warp(&self, units: &mut [f64]) {
        for (i, shape) in &self.shapes {
            units[*i] = shape.warp(units[*i]);
        }
    }
}

impl Term for Beliefs<'_> {
    fn add(&self, rows: &[f64], values: &mut [f64], mut gradient: Option<&mut [f64]>) {
        let dimensions = self.encoding.len();
        for (i, row) in rows.chunks_exact(dimensions).enumerate() {
            // What is inactive is as good as the best that is believed.
            let active =
                |(dimension, _): &&(usize, Shape)| self.encoding.is_active(*dimension, row);
            for (dimension, shape) in self.shapes.iter().filter(active) {
                let (density, slope) = shape.at(row[*dimension]);
                let mixed = BELIEF * density + (1.0 - BELIEF);
                values[i] += self.weight * mixed.ln();
                if let Some(gradient) = &mut gradient {
                    let by_x = BELIEF * slope / mixed;
                    gradient[i * dimensions + dimension] += self.weight * by_x;
                }
            }
        }
    }
}

impl Shape {
    /// The belief at a coordinate, 1 at its best, and its slope.
    fn at(&self, x: f64) -> (f64, f64) {
        match self {
            Self::Normal { centre, spread } => {
                let u = (x - centre) / spread;
                let density = (-0.5 * u * u).exp();
                (density, -u / spread * density)
            }
            Self::Weights(weights) => {
                let nearest = weights
                    .iter()
                    .min_by(|a, b| (a.0 - x).abs().total_cmp(&(b.0 - x).abs()));
                (nearest.map_or(1.0, |(_, weight)| *weight), 0.0)
            }
        }
    }

    /// The quantile of the belief mixed with an even spread, for a number in `[0, 1)`; on a choice, whose categories share
    /// `[0, 1)` in order, the number that leads to it.
    fn warp(&self, u: f64) -> f64 {
        const EVEN: f64 = 1.0 - BELIEF;
        if u < EVEN {
            return u / EVEN;
        }
        let u = (u - EVEN) / BELIEF;
        match self {
            Self::Normal { centre, spread } => {
                let (low, high) = (cdf(-centre / spread), cdf((1.0 - centre) / spread));
                let level = (low + u * (high - low)).clamp(1e-12, 1.0 - 1e-12);
                (centre + spread * quantile(level)).clamp(0.0, 1.0 - f64::EPSILON)
            }
            Self::Weights(weights) => {
                let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
                let mut left = u * total;
                let count = weights.len() as f64;
                for (place, (_, weight)) in weights.iter().enumerate() {
                    if left < *weight {
                        return (place as f64 + 0.5) / count;
                    }
                    left -= weight;
                }
                u
            }
        }
    }
}

impl Encoding<'_> {
    /// Weights stand at the coordinates of the choices: labels where those have no order.
    fn on_labels(&self, i: usize, shape: Shape) -> Shape {
        match shape {
            Shape::Weights(weights) => Shape::Weights(
                weights
                    .into_iter()
                    .zip(&self.dimensions[i].levels)
                    .map(|((_, weight), level)| (*level, weight))
                    .collect(),
            ),
            normal => normal,
        }
    }
}

/// The place of the parameter and the belief about it, checked.
fn shape(space: &Space, name: &str, prior: &Prior) -> Result<(usize, Shape), SampleError> {
    let fault = |text: String| SampleError::Space(format!("the prior of `{name}`: {text}"));
    let Some(place) = space.place(name) else {
        let known: Vec<&str> = space.params().iter().map(|param| &*param.name).collect();
        return Err(fault(format!(
            "there is no such parameter; there are {}",
            known.join(", ")
        )));
    };
    let param = &space.params()[place];
    if let Domain::Fixed(value) = &param.domain {
        return Err(fault(format!(
            "it is fixed to {} and not tuned; leave its prior out",
            value.quoted()
        )));
    }
    let shape = match &prior.belief {
        Belief::Around { guess, spread } => {
            let value = guessed(param, *guess).map_err(fault)?;
            if !(0.01..=1.0).contains(spread) {
                return Err(fault(format!(
                    "the spread is {spread}; it is a part of the range, from 0.01 to 1"
                )));
            }
            Shape::Normal {
                centre: param.domain.encode(&value),
                spread: *spread,
            }
        }
        Belief::Weights(weights) => Shape::Weights(weighed(param, weights).map_err(fault)?),
    };
    Ok((place, shape))
}

fn guessed(param: &Param, guess: f64) -> Result<Value, String> {
    let (low, high) = match &param.domain {
        Domain::Int(domain) => (domain.low() as f64, domain.high() as f64),
        Domain::Float(domain) => (domain.low(), domain.high()),
        _ => {
            return Err(format!(
                "it is a choice of {}; give Prior::weights",
                param.domain
            ));
        }
    };
    if !(low..=high).contains(&guess) {
        return Err(format!(
            "the guess {guess} is outside of {}; move it inside",
            param.domain
        ));
    }
    Ok(param.domain.nearest(&Value::Float(guess)))
}

/// The choices in the order of their coordinates, with their weights as parts of the largest.
fn weighed(param: &Param, weights: &[(Value, f64)]) -> Result<Vec<(f64, f64)>, String> {
    let choice = matches!(param.domain, Domain::Choice(_) | Domain::Bool);
    let count = match param.domain.axis() {
        Axis::Continuous => 0,
        _ if choice => param.domain.count().unwrap_or(0),
        _ => 0,
    };
    if count == 0 {
        return Err(format!(
            "it is a number, {}; give Prior::around",
            param.domain
        ));
    }
    let mut all: Vec<(f64, f64)> = Vec::new();
    for index in 0..count {
        let Some(value) = param.domain.value(index) else {
            continue;
        };
        let own = weights.iter().filter(|(named, _)| named.same(&value));
        all.push((param.domain.encode(&value), own.map(|(_, w)| w).sum()));
    }
    for (value, weight) in weights {
        if param.domain.canonical(value).is_none() {
            return Err(format!("{value} is none of {}", param.domain));
        }
        if !weight.is_finite() || *weight < 0.0 {
            return Err(format!(
                "the weight {weight} of {value} is no number from 0 up"
            ));
        }
    }
    let most = all
        .iter()
        .fold(0.0, |most: f64, (_, weight)| most.max(*weight));
    if most <= 0.0 {
        return Err("all weights are 0; give one of the choices more".to_owned());
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(all
        .into_iter()
        .map(|(x, weight)| (x, weight / most))
        .collect())
}

/// Checks beliefs against a space.
pub(super) fn check(priors: &[(String, Prior)], space: &Space) -> Result<(), SampleError> {
    priors
        .iter()
        .try_for_each(|(name, prior)| shape(space, name, prior).map(|_| ()))
}

/// The defaults, with the guesses and the likeliest choices in place of those of the parameters that have a belief.
pub(super) fn guess(priors: &[(String, Prior)], space: &Space) -> crate::space::Point {
    let choose = |_: usize, param: &Param| {
        let own = priors.iter().find(|(name, _)| **name == *param.name);
        let value = own.and_then(|(_, prior)| match &prior.belief {
            Belief::Around { guess, .. } => guessed(param, *guess).ok(),
            Belief::Weights(weights) => {
                let best = weights
                    .iter()
                    .reduce(|a, b| if b.1 > a.1 { b } else { a })?;
                param.domain.canonical(&best.0)
            }
        });
        Ok::<_, std::convert::Infallible>(value.unwrap_or_else(|| param.default.clone()))
    };
    match space.fill(choose) {
        Ok(point) => point,
        Err(never) => match never {},
    }
}
