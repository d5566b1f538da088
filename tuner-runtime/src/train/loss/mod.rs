//! Losses: what training makes small, with its gradient.

mod cross_entropy;
mod pointwise;
#[cfg(test)]
mod tests;

use super::data::{BatchTargets, Data, Targets};
use super::error::TrainError;
use crate::trial::text::counted;

/// What training makes small, as a mean over the examples.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// Cross-entropy of the softmax of the outputs with the class: the last layer is
    /// [`Activation::Linear`](super::Activation::Linear) with one output a class.
    CrossEntropy,
    /// Cross-entropy of the logistic function of each output with a target between 0 and 1; the
    /// last layer is [`Activation::Linear`](super::Activation::Linear). Classes 0 and 1 will do
    /// for a single output.
    BinaryCrossEntropy,
    /// The mean of the squared differences.
    Mse,
    /// The mean of the absolute differences.
    Mae,
    /// Half the squared difference up to `delta`, growing linearly beyond.
    Huber {
        /// Where the parabola ends.
        delta: f32,
    },
}

impl Loss {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::BinaryCrossEntropy => "binary cross-entropy",
            Self::Mse => "the mean squared error",
            Self::Mae => "the mean absolute error",
            Self::Huber { .. } => "the Huber loss",
        }
    }

    /// Checks once, before training, that the loss can be taken of these outputs and of the targets of data that errors
    /// call `part`.
    pub(crate) fn check(self, data: &Data, part: &str, output: &[usize]) -> Result<(), TrainError> {
        let outputs: usize = output.iter().product();
        let refuse = |problem: String| Err(TrainError::Data(problem));
        if let Self::Huber { delta } = self
            && !(delta > 0.0 && delta.is_finite())
        {
            let remedy = "it is a finite number above 0";
            return Err(TrainError::setting(
                "the delta of the Huber loss",
                delta,
                remedy,
            ));
        }
        let largest = data.largest_class().unwrap_or(0) as usize;
        let example = |is: &dyn Fn(&BatchTargets) -> bool| {
            let mut all = 0..data.len();
            let found = all.find(|&position| is(&data.batch_targets(&[position])));
            format!("example {}, counted from 0", found.unwrap_or(0))
        };
        let of_largest = || {
            example(
                &|target| matches!(target, BatchTargets::Classes(c) if c[0] as usize == largest),
            )
        };
        match (self, data.targets()) {
            (Self::CrossEntropy, Targets::Classes(_)) if output.len() == 1 && largest < outputs => {
                Ok(())
            }
            (Self::CrossEntropy, Targets::Classes(_)) if output.len() != 1 => refuse(format!(
                "cross-entropy takes one output a class, but the network's output has the shape \
                 {output:?}: flatten before the last dense layer"
            )),
            (Self::CrossEntropy, Targets::Classes(_)) => refuse(format!(
                "{part} holds class {largest} ({}), but the network's output has the shape \
                 {output:?}: end it with a dense layer of {} units or more",
                of_largest(),
                largest + 1
            )),
            (Self::CrossEntropy, Targets::Values { .. }) => refuse(format!(
                "cross-entropy needs classes as targets: make {part} with Data::classes"
            )),
            (Self::BinaryCrossEntropy, Targets::Classes(_)) if largest < 2 && outputs == 1 => {
                Ok(())
            }
            (Self::BinaryCrossEntropy, Targets::Classes(_)) => refuse(format!(
                "binary cross-entropy takes the classes 0 and 1 and one output: {part} holds \
                 class {largest} ({}), the network's output has the shape {output:?}",
                of_largest()
            )),
            (_, Targets::Classes(_)) => refuse(format!(
                "{} needs numbers as targets: make {part} with Data::values",
                self.name()
            )),
            (_, Targets::Values { columns, .. }) if *columns != outputs => refuse(format!(
                "{part} holds {} an example, but the network's output has \
                 the shape {output:?}: end it with a dense layer of {}",
                counted(*columns, "target value"),
                counted(*columns, "unit")
            )),
            (Self::BinaryCrossEntropy, Targets::Values { .. }) => {
                let fits = |value: f32| (0.0..=1.0).contains(&value);
                match data.first_value_unlike(fits) {
                    None => Ok(()),
                    Some(value) => refuse(format!(
                        "binary cross-entropy takes targets from 0 to 1, {part} holds {value} ({})",
                        example(&|target| {
                            matches!(target, BatchTargets::Values(v) if !v.iter().all(|&v| fits(v)))
                        })
                    )),
                }
            }
            (_, Targets::Values { .. }) => Ok(()),
        }
    }

    /// The sum of the losses of the examples, each times its weight. `gradient`, when given,
    /// becomes the gradient of that sum over the number of examples.
    pub(crate) fn evaluate(
        self,
        outputs: &[f32],
        columns: usize,
        targets: &BatchTargets,
        weights: Option<&[f32]>,
        mut gradient: Option<&mut [f32]>,
    ) -> f64 {
        let rows = outputs.len() / columns.max(1);
        let mut total = 0.0;
        for (row, outputs) in outputs.chunks_exact(columns).enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            let scale = weight / rows as f32;
            let gradient = gradient.as_deref_mut().map(|gradient| {
                let row = &mut gradient[row * columns..][..columns];
                (row, scale)
            });
            let loss = match (self, targets) {
                (Self::CrossEntropy, BatchTargets::Classes(labels)) => {
                    cross_entropy::row(outputs, labels[row] as usize, gradient)
                }
                // Refused by `check` before training.
                (Self::CrossEntropy, BatchTargets::Values(_)) => f64::NAN,
                (_, BatchTargets::Values(values)) => {
                    pointwise::row(self, outputs, &values[row * columns..][..columns], gradient)
                }
                (_, BatchTargets::Classes(labels)) => {
                    pointwise::row(self, outputs, &[labels[row] as f32], gradient)
                }
            };
            total += loss * f64::from(weight);
        }
        total
    }
}
