//! Cross-entropy of a softmax with a class.

/// `logsumexp(outputs) - outputs[label]` of one example; the gradient is
/// `softmax(outputs) - onehot(label)`, times the given scale.
pub(super) fn row(outputs: &[f32], label: usize, gradient: Option<(&mut [f32], f32)>) -> f64 {
    let largest = outputs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = outputs.iter().map(|value| (value - largest).exp()).sum();
    if let Some((gradient, scale)) = gradient {
        for (to, value) in gradient.iter_mut().zip(outputs) {
            *to = (value - largest).exp() / sum * scale;
        }
        gradient[label] -= scale;
    }
    f64::from(sum.ln() + largest - outputs[label])
}
