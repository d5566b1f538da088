//! Learning-rate schedules: which share of the learning rate a step takes.

use super::error::TrainError;

/// How the learning rate changes while training goes on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Schedule {
    /// It stays.
    #[default]
    Constant,
    /// After every `every` epochs it is multiplied by `factor`.
    Step {
        /// Epochs between two changes.
        every: u64,
        /// What is left, between 0 and 1.
        factor: f64,
    },
    /// After every epoch it is multiplied by `factor`.
    Exponential {
        /// What is left, between 0 and 1.
        factor: f64,
    },
    /// It falls along half a cosine to the share `floor`, epoch by epoch (Loshchilov and Hutter
    /// 2017, without restarts).
    Cosine {
        /// The share that would be reached after the last epoch, from 0 to 1.
        floor: f64,
    },
    /// It rises evenly from step to step over the first `warmup` epochs, and then falls along
    /// half a cosine, also from step to step, to zero.
    WarmupCosine {
        /// Epochs of rising, which may be a fraction.
        warmup: f64,
    },
}

impl Schedule {
    pub(crate) fn check(self, epochs: u64) -> Result<(), TrainError> {
        let share = |name, value: f64| {
            if (0.0..=1.0).contains(&value) {
                return Ok(());
            }
            Err(TrainError::setting(
                name,
                value,
                "it is at least 0 and at most 1",
            ))
        };
        match self {
            Self::Constant => Ok(()),
            Self::Step { every: 0, .. } => Err(TrainError::setting(
                "the schedule's interval",
                0,
                "it is at least 1 epoch",
            )),
            Self::Step { factor, .. } | Self::Exponential { factor } => {
                share("the schedule's factor", factor)
            }
            Self::Cosine { floor } => share("the schedule's floor", floor),
            Self::WarmupCosine { warmup } if (0.0..=epochs as f64).contains(&warmup) => Ok(()),
            Self::WarmupCosine { warmup } => Err(TrainError::setting(
                "the schedule's warm-up",
                warmup,
                &format!("it is at least 0 and at most the number of epochs, {epochs}"),
            )),
        }
    }

    /// The share of the learning rate in step `step` (from 0) of epoch `epoch` (from 1).
    pub(crate) fn factor(self, epoch: u64, step: usize, steps: usize, epochs: u64) -> f64 {
        let done = (epoch - 1) as f64;
        let all = epochs as f64;
        let half_cosine = |share: f64| 0.5 * (1.0 + (std::f64::consts::PI * share).cos());
        match self {
            Self::Constant => 1.0,
            Self::Step { every, factor } => factor.powf(((epoch - 1) / every) as f64),
            Self::Exponential { factor } => factor.powf(done),
            Self::Cosine { floor } => floor + (1.0 - floor) * half_cosine(done / all),
            Self::WarmupCosine { warmup } => {
                let passed = done + step as f64 / steps as f64;
                if passed < warmup {
                    (passed + 1.0 / steps as f64).min(warmup) / warmup
                } else {
                    half_cosine((passed - warmup) / (all - warmup))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_formulas() {
        let at = |schedule: Schedule, epoch, step| schedule.factor(epoch, step, 10, 4);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        let step = Schedule::Step {
            every: 2,
            factor: 0.5,
        };
        let shares: Vec<f64> = (1..=4).map(|epoch| at(step, epoch, 7)).collect();
        assert_eq!(shares, [1.0, 1.0, 0.5, 0.5]);
        close(at(Schedule::Exponential { factor: 0.5 }, 4, 0), 0.125);
        close(at(Schedule::Cosine { floor: 0.2 }, 1, 5), 1.0);
        close(at(Schedule::Cosine { floor: 0.2 }, 3, 5), 0.6);
        let warm = Schedule::WarmupCosine { warmup: 1.0 };
        close(at(warm, 1, 0), 0.1);
        close(at(warm, 1, 9), 1.0);
        close(at(warm, 2, 0), 1.0);
        close(at(warm, 3, 5), 0.5);
        for schedule in [
            Schedule::Step {
                every: 0,
                factor: 0.5,
            },
            Schedule::Exponential { factor: 1.5 },
            Schedule::Cosine { floor: -0.1 },
            Schedule::WarmupCosine { warmup: 5.0 },
        ] {
            assert!(schedule.check(4).is_err(), "{schedule:?}");
        }
    }
}
