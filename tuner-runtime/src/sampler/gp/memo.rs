//! What is remembered from one suggestion to the next, and when each part of it is renewed.

use crate::gp::{
    Data, FitOptions, GpError, Hyper, Output, Posterior, Warping, choose_output, fit,
    representative,
};
use crate::math::rng::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Steps of a fit that goes on from the last one.
const WARM: usize = 6;
/// Trials from which on warps are weighed, or two for each dimension if that is more; anew after each growth by a tenth.
const LEAST_WARPED: usize = 40;
/// Trials that hyperparameters are fitted to at most.
pub(super) const MOST_FITTED: usize = 512;
/// Trials up to which they are fitted at each, and averaged over.
pub(super) const MOST_AVERAGED: usize = 100;
/// Trials from which on, and up to which, the transform of the values is chosen, anew whenever they have doubled.
const LEAST_CHOSEN: usize = 8;
const MOST_CHOSEN: usize = 128;
/// Deviations from what all others say that make a fit due.
const SURPRISING: f64 = 3.0;
/// Steps of the fits that it is chosen by.
const CHOOSING: usize = 30;

/// What the next suggestion starts from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Memo {
    /// Observations at the last fit: finished trials, and the pruned ones that count beside them.
    fitted: usize,
    /// Observations when starts were last drawn from the prior.
    drawn: usize,
    /// Observations when a warp was last weighed.
    #[serde(default)]
    weighed: usize,
    /// The step at which trials were compared; `None`: by their results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) level: Option<u64>,
    /// When the space last changed: what is known of another one is of no use.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) since: u64,
    /// How the values are transformed.
    #[serde(default)]
    pub(super) chosen: Chosen,
    pub(super) hyper: Hyper,
    /// The hyperparameters of the objectives after the first, where a front is followed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<Hyper>,
    /// Those of the older study's objectives that these learn from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) olders: Vec<Option<Hyper>>,
    /// The last fits of constraints and of where trials fail.
    #[serde(default, skip_serializing_if = "Fits::is_empty")]
    pub(super) limits: Fits,
}

impl Memo {
    fn new(fitted: usize, drawn: usize, weighed: usize, hyper: Hyper) -> Self {
        Self {
            fitted,
            drawn,
            weighed,
            level: None,
            since: 0,
            chosen: Chosen::default(),
            hyper,
            others: Vec::new(),
            olders: Vec::new(),
            limits: Fits::default(),
        }
    }

    /// Those of several objectives as one, with the hyperparameters of what each learns from.
    pub(super) fn of_all(mut memos: Vec<Self>, olders: Vec<Option<Hyper>>) -> Self {
        let others = memos[1..].iter().map(|memo| memo.hyper.clone()).collect();
        let learned = olders.iter().any(Option::is_some);
        Self {
            others,
            olders: if learned { olders } else { Vec::new() },
            ..memos.swap_remove(0)
        }
    }

    /// The same, with a fit that is due.
    pub(super) fn overdue(self) -> Self {
        Self { fitted: 0, ..self }
    }

    /// What is known of the objective at this place.
    pub(super) fn of(&self, place: usize) -> Option<Self> {
        let hyper = match place.checked_sub(1) {
            None => &self.hyper,
            Some(other) => self.others.get(other)?,
        };
        Some(Self::new(
            self.fitted,
            self.drawn,
            self.weighed,
            hyper.clone(),
        ))
    }

    /// The hyperparameters of what the objective at this place learns from.
    pub(super) fn older(&self, place: usize) -> Option<Hyper> {
        self.olders.get(place)?.clone()
    }

    /// What is still of use when trials are compared at this step: of another one nothing but where a fit may start.
    pub(super) fn at_level(mut self, level: Option<u64>) -> Self {
        if self.level != level {
            self.hyper.warps.clear();
            self = Self::new(0, 0, 0, self.hyper);
        }
        self.level = level;
        self
    }

    /// `None` for what another sampler remembered before this one took over.
    pub(super) fn read(json: &Json) -> Option<Self> {
        Self::deserialize(json).ok()
    }

    pub(super) fn write(&self) -> Json {
        serde_json::to_value(self).expect("finite numbers and names are JSON")
    }
}

/// For serde, which passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(since: &u64) -> bool {
    *since == 0
}

/// The transform of the values under which those that are left out are predicted best.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Chosen {
    pub(super) output: Output,
    /// Finished trials when it was chosen.
    at: usize,
}

impl Chosen {
    /// The transform that is known, or a new choice where it is due; then with the hyperparameters that were fitted for it.
    pub(super) fn renewed(
        raw: &Data,
        memo: Option<&Memo>,
    ) -> Result<(Self, Option<Hyper>), GpError> {
        let known = memo.map(|memo| memo.chosen).unwrap_or_default();
        let n = raw.len();
        if n < LEAST_CHOSEN.max(2 * known.at) || known.at >= MOST_CHOSEN {
            return Ok((known, None));
        }
        let kept = representative(raw, MOST_CHOSEN);
        let part = raw.subset(&kept)?;
        let options = FitOptions {
            max_iterations: CHOOSING,
            ..FitOptions::default()
        };
        let start = Hyper::prior_mode(raw.dimensions());
        let (output, found) = choose_output(&part, &Output::CANDIDATES, &[start], options)?;
        Ok((Self { output, at: n }, Some(found.hyper)))
    }
}

/// Fits the hyperparameters when it is due, from where the last fit ended and from another start if there is one.
pub(super) fn refit(
    data: &Data,
    memo: Option<Memo>,
    also: Option<Hyper>,
    rng: &mut Rng,
) -> Result<Memo, GpError> {
    let n = data.len();
    let dimensions = data.dimensions();
    let mut starts = Vec::with_capacity(4);
    let mut options = FitOptions::default();
    let mut drawn = n;
    let mut weighed = memo.as_ref().map_or(0, |memo| memo.weighed);
    if n >= LEAST_WARPED.max(2 * dimensions) && n >= weighed + weighed / 10 {
        weighed = n;
        options.warp = Warping::Weighed;
    } else if memo
        .as_ref()
        .is_some_and(|memo| !memo.hyper.warps.is_empty())
    {
        options.warp = Warping::Kept;
    }
    match memo {
        Some(memo) if !is_due(memo.fitted, n) => return Ok(memo),
        Some(memo) => {
            starts.push(memo.hyper);
            if n < 2 * memo.drawn {
                options.max_iterations = WARM;
                drawn = memo.drawn;
            }
        }
        None => {}
    }
    starts.extend(also);
    let mode = Hyper::prior_mode(dimensions);
    if drawn == n && !starts.contains(&mode) {
        starts.push(mode);
    }
    if drawn == n {
        starts.extend((0..2).map(|_| Hyper::draw(dimensions, || rng.normal())));
    }
    let part = data.subset(&representative(data, MOST_FITTED))?;
    let found = fit(&part, &starts, options)?;
    Ok(Memo::new(n, drawn, weighed, found.hyper))
}

/// The last fits of what limits where the values count.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Fits {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) constraints: Vec<Beside>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failures: Option<Beside>,
}

impl Fits {
    fn is_empty(&self) -> bool {
        self.constraints.is_empty() && self.failures.is_none()
    }
}

/// The last fit of a process beside those of the values.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Beside {
    /// Observations at this fit.
    fitted: usize,
    pub(super) hyper: Hyper,
}

impl Beside {
    /// The fit to so many observations in all, of which these are the data: from the mode of the prior where it is due, or where
    /// one of the newest is not what the others say; else the last one.
    pub(super) fn renewed(
        known: Option<&Self>,
        n: usize,
        data: &Data,
        newest: impl Fn(usize) -> Vec<usize>,
    ) -> Result<Self, GpError> {
        let dimensions = data.dimensions();
        let known = known.filter(|known| known.hyper.log_lengths.len() == dimensions);
        if let Some(known) = known.filter(|known| !is_due(known.fitted, n)) {
            let news = newest(n.saturating_sub(known.fitted));
            if !is_surprised(data, &known.hyper, &news)? {
                return Ok(known.clone());
            }
        }
        let starts = [Hyper::prior_mode(dimensions)];
        let hyper = fit(data, &starts, FitOptions::default())?.hyper;
        Ok(Self { fitted: n, hyper })
    }
}

/// Whether one of these observations is further than three deviations from what all others say of it.
fn is_surprised(data: &Data, hyper: &Hyper, news: &[usize]) -> Result<bool, GpError> {
    let left = Posterior::new(data.clone(), hyper)?.leave_one_out();
    let is_far = |i: &usize| {
        (data.values()[*i] - left.mean[*i]).powi(2) > SURPRISING.powi(2) * left.variance[*i]
    };
    Ok(news.iter().any(is_far))
}

/// Whether a fit to so many observations is due: at each up to a hundred, then whenever a twentieth was added.
fn is_due(fitted: usize, n: usize) -> bool {
    n <= MOST_AVERAGED || n >= fitted + (n / 20).max(5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::Kind;

    #[test]
    fn a_transform_is_chosen_when_the_trials_have_doubled() {
        let mut rng = Rng::new(1);
        let rows: Vec<f64> = (0..2 * 300).map(|_| rng.unit()).collect();
        let skewed = |row: &[f64]| (4.0 * ((4.0 * row[0]).sin() + row[1])).exp();
        let values: Vec<f64> = rows.chunks(2).map(skewed).collect();
        let mut memo: Option<Memo> = None;
        let mut renewed = Vec::new();
        for n in [5, 7, 8, 9, 15, 16, 40, 79, 80, 159, 160, 300] {
            let part = Data::new(&[Kind::Continuous; 2], &rows[..2 * n], &values[..n]);
            let (chosen, start) =
                Chosen::renewed(&part.expect("valid"), memo.as_ref()).expect("a choice");
            if start.is_some() {
                renewed.push(n);
            }
            let mut next = Memo::new(n, n, 0, Hyper::prior_mode(2));
            next.chosen = chosen;
            // As a study stores it.
            memo = Memo::read(&next.write());
            assert!(memo.is_some());
        }
        assert_eq!(renewed, [8, 16, 40, 80, 160]);
        let last = memo.expect("the last one").chosen;
        assert_eq!((last.output, last.at), (Output::YeoJohnson, 160));
    }

    #[test]
    fn what_stands_beside_the_values_is_fitted_when_that_is_due_or_it_surprises() {
        let mut rng = Rng::new(3);
        let rows: Vec<f64> = (0..2 * 130).map(|_| rng.unit()).collect();
        let smooth = |row: &[f64]| row[0] + row[1].sin();
        let surprising = |row: &[f64]| if row[0] > 0.5 { 9.0 } else { 0.0 };
        let renewed = |value: &dyn Fn(usize, &[f64]) -> f64| {
            let mut last: Option<Beside> = None;
            let mut fitted = Vec::new();
            for n in 95..=130 {
                let rows = &rows[..2 * n];
                let values: Vec<f64> = rows
                    .chunks(2)
                    .zip(0..)
                    .map(|(row, i)| value(i, row))
                    .collect();
                let data = Data::new(&[Kind::Continuous; 2], rows, &values).expect("valid");
                let newest = |k: usize| (n - k..n).collect();
                let next = Beside::renewed(last.as_ref(), n, &data, newest).expect("a fit");
                if last.as_ref().is_none_or(|last| last.fitted != next.fitted) {
                    fitted.push(n);
                }
                last = Some(next);
            }
            fitted
        };
        let due = [95, 96, 97, 98, 99, 100, 105, 110, 115, 121, 127];
        assert_eq!(renewed(&|_, row| smooth(row)), due);
        // All were equal before.
        let turned = renewed(&|i, row| if i < 107 { 0.0 } else { surprising(row) });
        let first = (107..).find(|i| rows[2 * i] > 0.5).expect("one");
        assert!(turned.contains(&(first + 1)), "{turned:?}");
    }

    #[test]
    fn at_another_step_only_the_start_of_a_fit_is_of_use() {
        let mut memo = Memo::new(40, 32, 40, Hyper::prior_mode(2));
        memo.hyper.log_signal = 0.5;
        memo.chosen = Chosen {
            output: Output::YeoJohnson,
            at: 32,
        };
        memo.level = Some(3);
        let same = memo.clone().at_level(Some(3));
        assert_eq!((same.fitted, same.drawn, same.chosen.at), (40, 32, 32));
        for level in [Some(9), None] {
            let other = Memo::read(&memo.clone().at_level(level).write()).expect("a memo");
            assert_eq!((other.fitted, other.drawn, other.weighed), (0, 0, 0));
            assert_eq!((other.level, other.chosen.at), (level, 0));
            assert_eq!(other.hyper.log_signal, 0.5);
        }
    }
}
