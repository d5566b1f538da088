//! Optimisers: how the gradients change the weights.

mod adam;
mod clip;
mod rmsprop;
mod sgd;
mod stepper;

pub use adam::{Adam, AdamW};
pub(crate) use clip::Clip;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;
pub(crate) use stepper::Stepper;

use super::error::TrainError;
use super::ops::is_positive_in_32_bits;

/// How the gradients change the weights.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Optimizer {
    /// Stochastic gradient descent, with momentum if set.
    Sgd(Sgd),
    /// Kingma and Ba (2015).
    Adam(Adam),
    /// Adam whose weight decay is apart from the gradient (Loshchilov and Hutter 2019).
    AdamW(AdamW),
    /// Tieleman and Hinton (2012).
    RmsProp(RmsProp),
}

impl Optimizer {
    /// The learning rate before any schedule.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Self::Sgd(sgd) => sgd.learning_rate,
            Self::Adam(adam) => adam.learning_rate,
            Self::AdamW(adamw) => adamw.adam.learning_rate,
            Self::RmsProp(rmsprop) => rmsprop.learning_rate,
        }
    }

    pub(crate) fn check(&self) -> Result<(), TrainError> {
        check_positive("the learning rate", self.learning_rate())?;
        match self {
            Self::Sgd(sgd) => sgd.check(),
            Self::Adam(adam) => adam.check(),
            Self::AdamW(adamw) => adamw.check(),
            Self::RmsProp(rmsprop) => rmsprop.check(),
        }
    }

    /// One step of one parameter. `rate` is the learning rate after the schedule, `step` counts
    /// from 1, and `memory` starts as zeros.
    fn update(&self, update: Update<'_>) {
        match self {
            Self::Sgd(sgd) => sgd.update(update),
            Self::Adam(adam) => adam.update(update),
            Self::AdamW(adamw) => adamw.update(update),
            Self::RmsProp(rmsprop) => rmsprop.update(update),
        }
    }

    /// How many arrays it remembers of each parameter.
    fn memories(&self) -> usize {
        match self {
            Self::Sgd(sgd) => usize::from(sgd.momentum != 0.0),
            Self::Adam(_) | Self::AdamW(_) => 2,
            Self::RmsProp(_) => 1,
        }
    }
}

/// One step of one parameter.
struct Update<'a> {
    /// The learning rate after the schedule.
    rate: f64,
    /// The step, from 1.
    step: u64,
    values: &'a mut [f32],
    gradient: &'a [f32],
    /// What the optimiser remembers of the parameter; zeros at first.
    memory: &'a mut [Vec<f32>],
}

/// A share that is kept from step to step.
fn check_share(name: &'static str, value: f64) -> Result<(), TrainError> {
    if (0.0..1.0).contains(&value) {
        return Ok(());
    }
    Err(TrainError::setting(
        name,
        value,
        "it is at least 0 and below 1",
    ))
}

/// A number above 0 that stays one in the 32 bits of the weights.
fn check_positive(name: &'static str, value: f64) -> Result<(), TrainError> {
    if is_positive_in_32_bits(value) {
        return Ok(());
    }
    Err(TrainError::setting(
        name,
        value,
        "it lies above 0 and within 32 bits, from 1.2e-38 to 3.4e38",
    ))
}

fn check_decay(value: f64) -> Result<(), TrainError> {
    if value >= 0.0 && (value as f32).is_finite() {
        return Ok(());
    }
    Err(TrainError::setting(
        "the weight decay",
        value,
        "it is at least 0 and within 32 bits, up to 3.4e38",
    ))
}
