//! Stops a trial that is worse than the best one, fold by fold, beyond doubt.
//!
//! The signed-rank test of Wilcoxon (1945) on the differences between this trial and the best
//! finished one at the same steps. Steps are folds or repeats: instances of equal standing, in any order.

use std::collections::BTreeMap;

use super::curves::scores;
use super::{Pruner, PrunerError, Verdict};
use crate::math::normal;
use crate::trial::text::counted;
use crate::trial::{ExecutionRecord, Goal, History, TrialRecord};

/// To so many differences the exact distribution is counted out.
const EXACT: usize = 25;

/// Stops a trial whose reports are worse than those of the best trial at the same steps, with a
/// probability of error below `p`.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::pruner::{Pruner, Wilcoxon};
/// assert_eq!(Wilcoxon::new(0.05).name(), "wilcoxon(p = 0.05, startup = 5)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wilcoxon {
    p: f64,
    startup_steps: usize,
}

impl Wilcoxon {
    /// Stops when chance alone would look this bad with a probability below `p`, from 0 to 1.
    pub fn new(p: f64) -> Self {
        Self {
            p,
            startup_steps: 5,
        }
    }

    /// Judges nothing before this many steps are common to both; 5 unless set.
    #[must_use]
    pub fn startup_steps(mut self, count: usize) -> Self {
        self.startup_steps = count;
        self
    }
}

impl Pruner for Wilcoxon {
    fn name(&self) -> String {
        format!("wilcoxon(p = {}, startup = {})", self.p, self.startup_steps)
    }

    fn check(&self) -> Result<(), PrunerError> {
        if !(0.0..=1.0).contains(&self.p) {
            let remedy = "it is a probability from 0 to 1, such as 0.05";
            return Err(PrunerError::new("p of Wilcoxon", self.p, remedy));
        }
        Ok(())
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        let goal = history.goal();
        let best = history.best().filter(|best| best.number != trial.number);
        let runs = best.and_then(|best| Some((best, best.execution(execution)?)));
        let (Some(run), Some((best, other))) = (trial.execution(execution), runs) else {
            return Verdict::Continue;
        };
        let differences = differences(run, other, goal);
        if differences.len() < self.startup_steps.max(1) {
            return Verdict::Continue;
        }
        // Whoever is better on the whole is not stopped for many small defeats.
        if differences.iter().sum::<f64>() >= 0.0 {
            return Verdict::Continue;
        }
        let p = chance_of_less(&differences);
        if p >= self.p {
            return Verdict::Continue;
        }
        Verdict::Stop(format!(
            "{} is worse than in trial {} at {} (p = {p:.4})",
            goal.name,
            best.number,
            counted(differences.len(), "common step")
        ))
    }
}

/// By how much this run is better than the other one at each common step; the last report of a step counts. What is no
/// number, or infinite, is worse than all else; steps at which the other one has no finite number are left out.
fn differences(run: &ExecutionRecord, other: &ExecutionRecord, goal: &Goal) -> Vec<f64> {
    let theirs: BTreeMap<u64, f64> = scores(other, goal).collect();
    let ours: BTreeMap<u64, f64> = scores(run, goal).collect();
    let common = ours.iter().filter_map(|(step, own)| {
        let other = theirs.get(step).filter(|score| score.is_finite())?;
        match own.is_finite() {
            true => Some(own - other).filter(|difference| difference.is_finite()),
            false => Some(f64::NEG_INFINITY),
        }
    });
    common.collect()
}

/// The probability of a sum of positive ranks this small if both were equally good. Zeros are left
/// out, ties get their mean rank.
fn chance_of_less(differences: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = differences.iter().copied().filter(|&d| d != 0.0).collect();
    sorted.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
    let n = sorted.len();
    if n == 0 {
        return 1.0;
    }
    // Twice the ranks: mean ranks are then whole numbers.
    let mut doubled = vec![0usize; n];
    let mut ties = 0.0;
    let mut start = 0;
    while start < n {
        let equal = sorted[start..]
            .iter()
            .take_while(|d| d.abs() == sorted[start].abs());
        let end = start + equal.count();
        doubled[start..end].fill(start + 1 + end);
        let group = (end - start) as f64;
        ties += group * group * group - group;
        start = end;
    }
    let positive: usize = sorted
        .iter()
        .zip(&doubled)
        .filter(|(d, _)| **d > 0.0)
        .map(|(_, rank)| rank)
        .sum();
    if n <= EXACT {
        // ways[s]: how many choices of signs give the doubled sum s.
        let total: usize = doubled.iter().sum();
        let mut ways = vec![0.0f64; total + 1];
        ways[0] = 1.0;
        for &rank in &doubled {
            for sum in (rank..=total).rev() {
                ways[sum] += ways[sum - rank];
            }
        }
        return ways[..=positive].iter().sum::<f64>() / 2f64.powi(n as i32);
    }
    let n = n as f64;
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    normal::cdf((positive as f64 / 2.0 + 0.5 - mean) / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_agrees_with_tables_and_with_scipy() {
        // All of n signs negative: 2^-n.
        let worse: Vec<f64> = (1..=5).map(|k| -f64::from(k)).collect();
        assert_eq!(chance_of_less(&worse), 1.0 / 32.0);
        // scipy.stats.wilcoxon(d, alternative="less", method="exact"): W+ = 3, n = 6.
        assert_eq!(
            chance_of_less(&[-1.0, -2.0, 3.0, -4.0, -5.0, -6.0]),
            5.0 / 64.0
        );
        assert_eq!(chance_of_less(&[0.0, 0.0]), 1.0);
        // Signs without a pattern are no evidence.
        let even: Vec<f64> = (1..=40)
            .map(|k| f64::from(k) * f64::from(1 - 2 * (k % 2)))
            .collect();
        assert!((0.3..0.7).contains(&chance_of_less(&even)));
        let clear: Vec<f64> = (1..=40).map(|k| -f64::from(k)).collect();
        assert!(chance_of_less(&clear) < 1e-7);
    }
}
