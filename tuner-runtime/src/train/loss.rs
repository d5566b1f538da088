//! Losses: what training makes small, with its gradient.

use super::data::{BatchTargets, Data, Targets};
use super::error::TrainError;

/// What training makes small, as a mean over the examples.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// Cross-entropy of the softmax of the outputs with the class: the last layer is
    /// [`Activation::Linear`](super::Activation::Linear) with one output a class.
    CrossEntropy,
    /// The mean of the squared differences.
    Mse,
}

impl Loss {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::Mse => "mean squared error",
        }
    }

    /// Checks once, before training, that the loss can be taken of these outputs and targets.
    pub(crate) fn check(self, data: &Data, output: &[usize]) -> Result<(), TrainError> {
        let outputs: usize = output.iter().product();
        match (self, data.targets()) {
            (Self::CrossEntropy, Targets::Classes(labels)) => {
                let largest = labels.iter().copied().max().unwrap_or(0) as usize;
                if output.len() != 1 || largest >= outputs {
                    return Err(TrainError::Data(format!(
                        "the data holds class {largest}, but the network's output has the shape \
                         {output:?}: end it with a dense layer of {} units or more",
                        largest + 1
                    )));
                }
                Ok(())
            }
            (Self::Mse, Targets::Values { columns, .. }) if *columns == outputs => Ok(()),
            (Self::Mse, Targets::Values { columns, .. }) => Err(TrainError::Data(format!(
                "the data holds {columns} target values an example, but the network's output has \
                 the shape {output:?}: end it with a dense layer of {columns} units"
            ))),
            (Self::Mse, Targets::Classes(_)) => Err(TrainError::Data(
                "the mean squared error needs numbers as targets: make the data with Data::values"
                    .to_owned(),
            )),
            (Self::CrossEntropy, Targets::Values { .. }) => Err(TrainError::Data(
                "cross-entropy needs classes as targets: make the data with Data::classes"
                    .to_owned(),
            )),
        }
    }

    /// The sum of the losses of the examples. `gradient`, when given, becomes the gradient of
    /// their mean with respect to the outputs.
    pub(crate) fn evaluate(
        self,
        outputs: &[f32],
        columns: usize,
        targets: &BatchTargets,
        gradient: Option<&mut [f32]>,
    ) -> f64 {
        match (self, targets) {
            (Self::CrossEntropy, BatchTargets::Classes(labels)) => {
                cross_entropy(outputs, columns, labels, gradient)
            }
            (Self::Mse, BatchTargets::Values(values)) => {
                squared_error(outputs, columns, values, gradient)
            }
            // Refused by `check` before training.
            (Self::CrossEntropy, BatchTargets::Values(_)) => f64::NAN,
            (Self::Mse, BatchTargets::Classes(_)) => f64::NAN,
        }
    }
}

/// `logsumexp(outputs) - outputs[label]`; the gradient is `softmax(outputs) - onehot(label)`.
fn cross_entropy(
    outputs: &[f32],
    columns: usize,
    labels: &[u32],
    mut gradient: Option<&mut [f32]>,
) -> f64 {
    let scale = 1.0 / labels.len() as f32;
    let mut total = 0.0;
    for (index, (row, &label)) in outputs.chunks_exact(columns).zip(labels).enumerate() {
        let label = label as usize;
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = row.iter().map(|value| (value - largest).exp()).sum();
        total += f64::from(sum.ln() + largest - row[label]);
        if let Some(gradient) = &mut gradient {
            let to = &mut gradient[index * columns..][..columns];
            for (to, value) in to.iter_mut().zip(row) {
                *to = (value - largest).exp() / sum * scale;
            }
            to[label] -= scale;
        }
    }
    total
}

/// The mean of `(output - target)^2` over the columns of each example.
fn squared_error(
    outputs: &[f32],
    columns: usize,
    targets: &[f32],
    gradient: Option<&mut [f32]>,
) -> f64 {
    if let Some(gradient) = gradient {
        let scale = 2.0 / outputs.len() as f32;
        let pairs = outputs.iter().zip(targets);
        for (to, (output, target)) in gradient.iter_mut().zip(pairs) {
            *to = (output - target) * scale;
        }
    }
    let pairs = outputs.iter().zip(targets);
    let squares = pairs.map(|(output, target)| f64::from(output - target).powi(2));
    squares.sum::<f64>() / columns as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gradient agrees with finite differences of the mean loss.
    fn check(loss: Loss, columns: usize, targets: &BatchTargets, outputs: &[f32]) {
        let rows = outputs.len() / columns;
        let mut gradient = vec![0.0; outputs.len()];
        loss.evaluate(outputs, columns, targets, Some(&mut gradient));
        for index in 0..outputs.len() {
            let mean = |step: f32| {
                let mut moved = outputs.to_vec();
                moved[index] += step;
                loss.evaluate(&moved, columns, targets, None) / rows as f64
            };
            let slope = (mean(0.01) - mean(-0.01)) / 0.02;
            let error = (slope - f64::from(gradient[index])).abs();
            assert!(
                error < 2e-4,
                "{loss:?} {index}: {slope} {}",
                gradient[index]
            );
        }
    }

    #[test]
    fn gradients_agree_with_differences() {
        let outputs = [0.3, -1.2, 2.0, 0.7, 0.1, -0.4];
        let classes = BatchTargets::Classes(vec![2, 0]);
        check(Loss::CrossEntropy, 3, &classes, &outputs);
        let values = BatchTargets::Values(vec![1.0, 0.0, 1.5, -1.0, 0.0, 1.0].into());
        check(Loss::Mse, 3, &values, &outputs);
    }

    #[test]
    fn cross_entropy_is_the_negative_log_of_the_probability() {
        let classes = BatchTargets::Classes(vec![1]);
        let loss = Loss::CrossEntropy.evaluate(&[0.0, 3f32.ln()], 2, &classes, None);
        assert!((loss - (4.0f64 / 3.0).ln()).abs() < 1e-6);
        // Outputs that would overflow without care.
        let large = Loss::CrossEntropy.evaluate(&[1000.0, 0.0], 2, &classes, None);
        assert!((large - 1000.0).abs() < 1e-3);
    }
}
