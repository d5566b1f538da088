//! Losses that compare each output with a target of its own, as a mean over the outputs.

use super::Loss;

/// The loss of one example, and its gradient times the given scale.
pub(super) fn row(
    loss: Loss,
    outputs: &[f32],
    targets: &[f32],
    gradient: Option<(&mut [f32], f32)>,
) -> f64 {
    let share = 1.0 / outputs.len() as f32;
    if let Some((gradient, scale)) = gradient {
        for (to, (&y, &t)) in gradient.iter_mut().zip(outputs.iter().zip(targets)) {
            *to = slope(loss, y, t) * scale * share;
        }
    }
    let values = outputs
        .iter()
        .zip(targets)
        .map(|(&y, &t)| value(loss, y, t));
    values.sum::<f64>() / outputs.len() as f64
}

fn value(loss: Loss, y: f32, t: f32) -> f64 {
    let difference = f64::from(y) - f64::from(t);
    let size = difference.abs();
    match loss {
        Loss::BinaryCrossEntropy => {
            let y = f64::from(y);
            y.max(0.0) - y * f64::from(t) + (-y.abs()).exp().ln_1p()
        }
        Loss::Mse => difference * difference,
        Loss::Mae => size,
        Loss::Huber { delta } => {
            let delta = f64::from(delta);
            if size > delta {
                delta * (size - 0.5 * delta)
            } else {
                0.5 * difference * difference
            }
        }
        // Not pointwise; never called with it.
        Loss::CrossEntropy => f64::NAN,
    }
}

fn slope(loss: Loss, y: f32, t: f32) -> f32 {
    let difference = y - t;
    match loss {
        Loss::BinaryCrossEntropy => 1.0 / (1.0 + (-y).exp()) - t,
        Loss::Mse => 2.0 * difference,
        // The slope at the kink is 0; not-a-number stays.
        Loss::Mae if difference == 0.0 => 0.0,
        Loss::Mae => difference.signum(),
        Loss::Huber { delta } => difference.clamp(-delta, delta),
        Loss::CrossEntropy => f32::NAN,
    }
}
