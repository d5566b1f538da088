//! What limits where the values count: constraints, and where trials fail.

use super::evidence::Evidence;
use super::memo::{Beside, Fits, MOST_FITTED};
use crate::gp::{Condition, Data, Feasibility, GpError, Kind, Posterior, quasi_normal};
use crate::math::rng::Rng;
use crate::math::transform::Scale;

/// Draws of what running trials may turn out to be.
pub(super) const FANTASIES: usize = 32;
/// Failures before they are modelled.
pub(super) const LEAST_FAILURES: usize = 2;
/// How much more the probability of a success counts with each failure in a row, up to so many. Where nothing that succeeds
/// promises more, trial after trial would fail otherwise: they cost time, and a search ends after a few in a row.
const CAUTION: f64 = 5.0;
const MOST_CAUTIOUS: usize = 5;

/// The processes of what limits the values.
pub(super) struct Limits {
    /// For each constraint that of its violations, with draws of what those of running trials may be, and where 0 lies on its
    /// scale.
    constraints: Vec<(Posterior, f64)>,
    feasibility: Option<Feasibility>,
    /// The power to which the probability of a success is raised.
    caution: f64,
    fits: Fits,
}

impl Limits {
    /// Fits what was seen, from the last fits on.
    pub(super) fn new(
        kinds: &[Kind],
        evidence: &Evidence,
        known: &Fits,
        rng: &mut Rng,
    ) -> Result<Self, GpError> {
        let mut limits = Self {
            constraints: Vec::with_capacity(evidence.violations.len()),
            feasibility: None,
            caution: CAUTION.powi(evidence.failures_in_a_row.min(MOST_CAUTIOUS) as i32),
            fits: Fits::default(),
        };
        for (place, violations) in evidence.violations.iter().enumerate() {
            limits.constrain(
                kinds,
                evidence,
                violations,
                known.constraints.get(place),
                rng,
            )?;
        }
        if evidence.failed.len() >= LEAST_FAILURES {
            limits.fail(kinds, evidence, known.failures.as_ref())?;
        }
        Ok(limits)
    }

    fn constrain(
        &mut self,
        kinds: &[Kind],
        evidence: &Evidence,
        violations: &[f64],
        known: Option<&Beside>,
        rng: &mut Rng,
    ) -> Result<(), GpError> {
        let from = violations.len().saturating_sub(MOST_FITTED);
        let scale = Scale::of(&violations[from..]);
        let values: Vec<f64> = violations[from..].iter().map(|v| scale.apply(*v)).collect();
        let data = Data::new(kinds, &evidence.rows[from..].concat(), &values)?;
        let newest = |count: usize| (data.len().saturating_sub(count)..data.len()).collect();
        let beside = Beside::renewed(known, violations.len(), &data, newest)?;
        let normals = quasi_normal(FANTASIES, evidence.running.len(), rng);
        let posterior = Posterior::new(data, &beside.hyper)?;
        let posterior = posterior.with_pending(&evidence.running.concat(), &normals)?;
        self.constraints.push((posterior, limit(scale)));
        self.fits.constraints.push(beside);
        Ok(())
    }

    fn fail(
        &mut self,
        kinds: &[Kind],
        evidence: &Evidence,
        known: Option<&Beside>,
    ) -> Result<(), GpError> {
        let half = MOST_FITTED / 2;
        let newest = |rows: &[Vec<f64>]| rows[rows.len().saturating_sub(half)..].to_vec();
        let (finished, failed) = (newest(&evidence.rows), newest(&evidence.failed));
        let mut succeeded = vec![true; finished.len()];
        succeeded.resize(finished.len() + failed.len(), false);
        let (first, last) = (finished.len(), succeeded.len());
        let data = Feasibility::labelled(kinds, &[finished, failed].concat().concat(), &succeeded)?;
        // The newest are among the newest of either kind.
        let newest = |count: usize| {
            let (finished, failed) = (first.saturating_sub(count), last.saturating_sub(count));
            (finished..first).chain(failed.max(first)..last).collect()
        };
        let all = evidence.rows.len() + evidence.failed.len();
        let beside = Beside::renewed(known, all, &data, newest)?;
        let feasibility = Feasibility::new(data, &beside.hyper)?;
        self.feasibility = Some(feasibility);
        self.fits.failures = Some(beside);
        Ok(())
    }

    /// Whether nothing limits the values.
    pub(super) fn is_empty(&self) -> bool {
        self.constraints.is_empty() && self.feasibility.is_none()
    }

    /// What a later suggestion goes on from.
    pub(super) fn fits(&self) -> &Fits {
        &self.fits
    }

    /// The posterior of an objective in which the value of a running trial counts where its draws keep all constraints.
    pub(super) fn counted(&self, objective: Posterior) -> Posterior {
        let keeps = |i: usize| {
            let mut all = self.constraints.iter();
            all.all(|(it, limit)| it.drawn()[i] <= *limit)
        };
        let counts: Vec<bool> = (0..objective.drawn().len()).map(keeps).collect();
        objective.counting(&counts)
    }

    /// What an acquisition is multiplied by.
    pub(super) fn conditions(&self) -> impl Iterator<Item = Condition<'_>> {
        let constraints = self.constraints.iter();
        let constraints = constraints.map(|(posterior, limit)| Condition {
            posterior,
            limit: *limit,
            at_most: true,
            floor: f64::NEG_INFINITY,
            power: 1.0,
        });
        let feasibility = self.feasibility.iter().map(|it| Condition {
            power: self.caution,
            ..it.condition()
        });
        feasibility.chain(constraints)
    }
}

/// Where a violation of 0 lies on the scale of those that were seen. Where all are equal that says nothing, and the limit is
/// one deviation from them, on the side that they leave to it.
fn limit(scale: Scale) -> f64 {
    match scale.is_flat {
        true if scale.mean > 0.0 => -1.0,
        true => 1.0,
        false => scale.apply(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_violations_leave_a_side_to_the_limit() {
        assert!(limit(Scale::of(&[2.0; 3])) < 0.0);
        assert!(limit(Scale::of(&[-1.0; 3])) > 0.0);
        assert!(limit(Scale::of(&[0.0; 3])) > 0.0);
        assert_eq!(limit(Scale::of(&[-1.0, 1.0])), 0.0);
    }
}
