//! An activation as a layer of its own.

use std::sync::Arc;

use super::{Built, Run, Site};
use crate::math::rng::Rng;
use crate::train::activation::Activation;
use crate::train::batch::Batch;
use crate::train::buffer::Buffer;
use crate::train::error::TrainError;

#[derive(Debug)]
struct Running(Activation);

pub(super) fn build(site: &Site<'_>, activation: Activation) -> Result<Built, String> {
    activation.check()?;
    Ok(Built {
        run: Box::new(Running(activation)),
        output: site.input.to_vec(),
    })
}

impl Run for Running {
    fn forward(&mut self, batch: Batch, _rng: &mut Rng) -> Result<Batch, TrainError> {
        let activation = self.0;
        let mut values = Buffer::copied(&batch.values);
        let saved = activation.apply(&mut values, batch.training());
        let results = Arc::new(values);
        Ok(batch.then(Arc::clone(&results), move |mut gradient, _| {
            activation.scale_gradient(&mut gradient, &results, saved.as_deref());
            Ok(Some(gradient))
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::train::activation::tests::ALL;
    use crate::train::gradient_check::check_gradients;
    use crate::train::{Activation, Sequential};

    #[test]
    fn gradients_agree_with_differences() {
        // Functions that bend are checked where they are used inside other layers.
        let smooth = ALL.into_iter().filter(|activation| {
            !matches!(activation, Activation::Relu | Activation::LeakyRelu { .. })
        });
        for activation in smooth {
            let net = Sequential::input([4])
                .dense(5, Activation::Linear)
                .activation(activation)
                .dense(2, Activation::Linear);
            check_gradients(&net, 6);
        }
        for slope in [-0.1, f32::NAN] {
            let net = Sequential::input([2]).activation(Activation::LeakyRelu { slope });
            assert!(net.initialize(0).is_err());
        }
    }
}
