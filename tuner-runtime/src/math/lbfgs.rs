//! Minimisation in a box: projected limited-memory BFGS.
//!
//! Notation: x the iterate, g its gradient, P the projection on the box, s = x+ - x, y = g+ - g. Variables at a bound that
//! the gradient presses against it are held; the others move along the two-loop direction built from the parts of s and y
//! that belong to them. The step t satisfies f(P(x + t d)) <= f + 1e-4 g.(P(x + t d) - x) and, unless the bounds
//! stop it, the weak Wolfe condition on the slope of the variables that still move.
//!
//! Sources: J. Nocedal and S. Wright, "Numerical optimization", algorithms 7.4 and 3.5; D. Bertsekas, "Projected Newton
//! methods" (1982); A. Lewis and M. Overton (2013) for the bracketing.
//!
//! The minimiser asks for a value at [`Lbfgs::point`] and is told it by [`Lbfgs::tell`], so that many of them can share one
//! batched evaluation; [`minimize`] drives a single one.

use std::collections::VecDeque;

const SUFFICIENT: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
const MAX_TRIALS: usize = 25;

/// When to stop, and how much to remember.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Pairs (s, y) that the direction is built from.
    pub memory: usize,
    /// Stops when no entry of P(x - g) - x is larger.
    pub gradient_tolerance: f64,
    /// Stops when a step lowers the value by less than this part of it.
    pub value_tolerance: f64,
    /// Steps at most.
    pub max_iterations: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory: 10,
            gradient_tolerance: 1e-5,
            value_tolerance: 1e-12,
            max_iterations: 200,
        }
    }
}

/// What a minimisation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// The best point.
    pub x: Vec<f64>,
    /// The value there; infinite if no finite value was seen.
    pub value: f64,
    /// Evaluations of the function.
    pub evaluations: usize,
    /// Whether the projected gradient became smaller than its tolerance.
    pub converged: bool,
}

/// Minimises `f`, which returns the value at a point and writes the gradient into its second argument, from `start`
/// over the box `[lower, upper]`.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::math::lbfgs::{Options, minimize};
/// let found = minimize(
///     |x, gradient| {
///         gradient[0] = 2.0 * (x[0] - 3.0);
///         (x[0] - 3.0).powi(2)
///     },
///     &[0.0],
///     &[-1.0],
///     &[2.0],
///     Options::default(),
/// );
/// assert_eq!(found.x, [2.0]);
/// ```
pub fn minimize(
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    options: Options,
) -> Minimum {
    let mut minimiser = Lbfgs::new(start, lower, upper, options);
    let mut gradient = vec![0.0; start.len()];
    while !minimiser.is_done() {
        let value = f(minimiser.point(), &mut gradient);
        minimiser.tell(value, &gradient);
    }
    minimiser.into_minimum()
}

/// A minimisation that is told the values it asks for.
#[derive(Debug, Clone)]
pub struct Lbfgs {
    lower: Vec<f64>,
    upper: Vec<f64>,
    options: Options,
    /// The last accepted point.
    at: Sample,
    direction: Vec<f64>,
    /// Where the next value is wanted.
    trial: Vec<f64>,
    search: Search,
    pairs: VecDeque<Pair>,
    iterations: usize,
    evaluations: usize,
    state: State,
}

#[derive(Debug, Clone, Default)]
struct Sample {
    x: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

#[derive(Debug, Clone)]
struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
}

/// The bracket of the step length.
#[derive(Debug, Clone, Default)]
struct Search {
    step: f64,
    low: f64,
    high: f64,
    trials: usize,
    /// The best point that satisfies the decrease, kept while a longer step is tried.
    kept: Option<Sample>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    First,
    Searching,
    Converged,
    Stopped,
}

impl Lbfgs {
    /// Starts at the projection of `start` on the box.
    pub fn new(start: &[f64], lower: &[f64], upper: &[f64], options: Options) -> Self {
        let trial = start
            .iter()
            .zip(lower)
            .zip(upper)
            .map(|((x, low), high)| x.max(*low).min(*high))
            .collect();
        Self {
            lower: lower.to_vec(),
            upper: upper.to_vec(),
            options,
            at: Sample {
                value: f64::INFINITY,
                ..Sample::default()
            },
            direction: vec![0.0; start.len()],
            trial,
            search: Search::default(),
            pairs: VecDeque::new(),
            iterations: 0,
            evaluations: 0,
            state: State::First,
        }
    }

    /// The point whose value and gradient are wanted next.
    pub fn point(&self) -> &[f64] {
        &self.trial
    }

    /// Whether nothing more is wanted.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Converged | State::Stopped)
    }

    /// Takes the value and the gradient at [`Self::point`]; values that are not finite count as too large.
    pub fn tell(&mut self, value: f64, gradient: &[f64]) {
        if self.is_done() {
            return;
        }
        self.evaluations += 1;
        let sample = Sample {
            x: self.trial.clone(),
            value,
            gradient: gradient.to_vec(),
        };
        let finite = value.is_finite() && gradient.iter().all(|g| g.is_finite());
        if self.state == State::First {
            if finite {
                self.accept(sample);
            } else {
                self.at.x = sample.x;
                self.state = State::Stopped;
            }
            return;
        }
        let decrease = dot_difference(&self.at.gradient, &sample.x, &self.at.x);
        self.search.trials += 1;
        if !finite || value > self.at.value + SUFFICIENT * decrease {
            self.search.high = self.search.step;
            self.shorten(finite.then_some(value));
        } else if self.still_steep(&sample) {
            self.search.low = self.search.step;
            self.search.kept = Some(sample);
            self.lengthen();
        } else {
            self.accept(sample);
        }
    }

    /// What was found so far.
    pub fn into_minimum(self) -> Minimum {
        let x = match self.state {
            State::First => self.trial,
            _ => self.at.x,
        };
        Minimum {
            x,
            value: self.at.value,
            evaluations: self.evaluations,
            converged: self.state == State::Converged,
        }
    }

    /// Whether the variables that still move go downhill almost as steeply as at the start of the step.
    fn still_steep(&self, sample: &Sample) -> bool {
        let moving = |i: usize| {
            let target = self.at.x[i] + self.search.step * self.direction[i];
            target > self.lower[i] && target < self.upper[i]
        };
        let slope = |gradient: &[f64]| -> f64 {
            (0..gradient.len())
                .filter(|&i| moving(i))
                .map(|i| gradient[i] * self.direction[i])
                .sum()
        };
        slope(&sample.gradient) < CURVATURE * slope(&self.at.gradient).min(0.0)
    }

    fn lengthen(&mut self) {
        if self.search.trials >= MAX_TRIALS {
            return self.settle();
        }
        self.search.step = if self.search.high.is_finite() {
            0.5 * (self.search.low + self.search.high)
        } else {
            // The value has been falling steadily: go on faster.
            4.0 * self.search.step
        };
        self.place();
    }

    fn shorten(&mut self, value: Option<f64>) {
        let Search {
            low, high, trials, ..
        } = self.search;
        if trials >= MAX_TRIALS || high - low <= 1e-16 * high {
            return self.settle();
        }
        // The minimum of the parabola through f, the slope and the new value, where it is of use.
        let slope = dot(&self.at.gradient, &self.direction);
        let parabola = match value {
            Some(value) if low == 0.0 => {
                -0.5 * slope * high * high / (value - self.at.value - slope * high)
            }
            Some(_) => 0.5 * (low + high),
            None => low + 0.1 * (high - low),
        };
        let width = high - low;
        let usable = if parabola.is_finite() { parabola } else { low };
        self.search.step = usable.clamp(low + 0.1 * width, low + 0.5 * width);
        self.place();
    }

    /// Ends a line search that found no better step: with what it kept, along the gradient, or for good.
    fn settle(&mut self) {
        if let Some(kept) = self.search.kept.take() {
            self.accept(kept);
        } else if self.pairs.is_empty() {
            self.state = State::Stopped;
        } else {
            self.pairs.clear();
            self.begin();
        }
    }

    fn accept(&mut self, sample: Sample) {
        let old = std::mem::replace(&mut self.at, sample);
        if self.state == State::Searching {
            self.iterations += 1;
            let s = difference(&self.at.x, &old.x);
            let y = difference(&self.at.gradient, &old.gradient);
            if dot(&s, &y) > 1e-10 * dot(&y, &y) {
                if self.pairs.len() == self.options.memory {
                    self.pairs.pop_front();
                }
                self.pairs.push_back(Pair { s, y });
            }
        }
        if self.projected_gradient() <= self.options.gradient_tolerance {
            self.state = State::Converged;
            return;
        }
        let scale = old.value.abs().max(self.at.value.abs()).max(1.0);
        let small = old.value - self.at.value <= self.options.value_tolerance * scale;
        let stuck = self.state == State::Searching && small;
        if stuck || self.iterations >= self.options.max_iterations {
            self.state = State::Stopped;
            return;
        }
        self.begin();
    }

    /// The largest entry of P(x - g) - x.
    fn projected_gradient(&self) -> f64 {
        (0..self.at.x.len())
            .map(|i| {
                let moved = (self.at.x[i] - self.at.gradient[i])
                    .max(self.lower[i])
                    .min(self.upper[i]);
                (moved - self.at.x[i]).abs()
            })
            .fold(0.0, f64::max)
    }

    /// Chooses a direction and the first step along it.
    fn begin(&mut self) {
        let free: Vec<bool> = (0..self.at.x.len()).map(|i| !self.pressed(i)).collect();
        let newton = two_loop(&self.pairs, &self.at.gradient, &free);
        self.direction = newton.unwrap_or_else(|| steepest(&self.at.gradient, &free));
        for i in 0..self.direction.len() {
            if self.leaves(i) {
                self.direction[i] = 0.0;
            }
        }
        let slope = dot(&self.at.gradient, &self.direction);
        let (steep, long) = (norm(&self.at.gradient), norm(&self.direction));
        let mut step = 1.0;
        if self.pairs.is_empty() || slope > -1e-12 * steep * long {
            self.pairs.clear();
            self.direction = steepest(&self.at.gradient, &free);
            step = (1.0 / norm(&self.direction)).min(1.0);
        }
        self.search = Search {
            step,
            high: f64::INFINITY,
            ..Search::default()
        };
        self.state = State::Searching;
        self.place();
    }

    /// Whether variable i is at a bound and the gradient presses it there.
    fn pressed(&self, i: usize) -> bool {
        let (x, g) = (self.at.x[i], self.at.gradient[i]);
        (x <= self.lower[i] && g >= 0.0) || (x >= self.upper[i] && g <= 0.0)
    }

    /// Whether the direction would take variable i out of the box at once.
    fn leaves(&self, i: usize) -> bool {
        let (x, d) = (self.at.x[i], self.direction[i]);
        (x <= self.lower[i] && d < 0.0) || (x >= self.upper[i] && d > 0.0)
    }

    fn place(&mut self) {
        for i in 0..self.trial.len() {
            let moved = self.at.x[i] + self.search.step * self.direction[i];
            self.trial[i] = moved.max(self.lower[i]).min(self.upper[i]);
        }
    }
}

/// -H g on the free variables, or `None` where no pair has positive curvature on them.
fn two_loop(pairs: &VecDeque<Pair>, gradient: &[f64], free: &[bool]) -> Option<Vec<f64>> {
    let masked = |a: &[f64], b: &[f64]| -> f64 {
        (0..a.len()).filter(|&i| free[i]).map(|i| a[i] * b[i]).sum()
    };
    let mut q: Vec<f64> = steepest(gradient, free);
    let mut used = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let (curvature, square) = (masked(&pair.s, &pair.y), masked(&pair.y, &pair.y));
        if curvature <= 1e-10 * square || square == 0.0 {
            continue;
        }
        let a = masked(&pair.s, &q) / curvature;
        add(&mut q, -a, &pair.y, free);
        used.push((pair, curvature, square, a));
    }
    let &(_, curvature, square, _) = used.first()?;
    q.iter_mut().for_each(|q| *q *= curvature / square);
    for (pair, curvature, _, a) in used.into_iter().rev() {
        let b = masked(&pair.y, &q) / curvature;
        add(&mut q, a - b, &pair.s, free);
    }
    Some(q)
}

fn add(to: &mut [f64], scale: f64, of: &[f64], free: &[bool]) {
    for i in 0..to.len() {
        if free[i] {
            to[i] += scale * of[i];
        }
    }
}

fn steepest(gradient: &[f64], free: &[bool]) -> Vec<f64> {
    let held = |(g, free): (&f64, &bool)| if *free { -g } else { 0.0 };
    gradient.iter().zip(free).map(held).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn dot_difference(g: &[f64], a: &[f64], b: &[f64]) -> f64 {
    g.iter().zip(a).zip(b).map(|((g, a), b)| g * (a - b)).sum()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
