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
