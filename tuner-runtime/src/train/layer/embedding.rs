//! The embedding layer: a trained row of numbers for each index.

use std::sync::Arc;

use super::{Built, Run, Site, elements};
use crate::math::rng::Rng;
use crate::train::batch::Batch;
use crate::train::buffer::Buffer;
use crate::train::error::TrainError;
use crate::train::parameter::Parameter;

/// Where `f32` begins to leave out whole numbers.
const MOST_ENTRIES: usize = 1 << f32::MANTISSA_DIGITS;

#[derive(Debug)]
struct Embedding {
    table: Parameter,
}

pub(super) fn build(site: &mut Site<'_>, entries: usize, width: usize) -> Result<Built, String> {
    if entries == 0 || width == 0 {
        return Err(format!(
            "has {entries} entries of {width} numbers: both are at least 1"
        ));
    }
    let count = elements("a table", &[entries, width])?;
    if entries > MOST_ENTRIES {
        return Err(format!(
            "has {entries} entries, and the inputs are f32, which tell whole numbers apart up to \
             {MOST_ENTRIES}: take fewer"
        ));
    }
    let draw = |_| (0.1 * site.rng.unit() - 0.05) as f32;
    let table = (0..count).map(draw).collect();
    Ok(Built {
        run: Box::new(Embedding {
            table: Parameter::trained(site.device, &[entries, width], table),
        }),
        output: [site.input, &[width]].concat(),
    })
}

impl Run for Embedding {
    fn forward(&mut self, batch: Batch, _rng: &mut Rng) -> Result<Batch, TrainError> {
        let (entries, width) = (self.table.shape()[0], self.table.shape()[1]);
        let mut values = Buffer::stale(batch.values.len() * width);
        for (&index, to) in batch.values.iter().zip(values.chunks_exact_mut(width)) {
            if !(index >= 0.0 && index < entries as f32 && index.fract() == 0.0) {
                return Err(TrainError::Data(format!(
                    "{index} is no index of an embedding with {entries} entries: indices are the \
                     whole numbers from 0 to {}, given as f32 (bytes arrive divided by 255)",
                    entries - 1
                )));
            }
            to.copy_from_slice(&self.table.values()[index as usize * width..][..width]);
        }
        let key = self.table.key().clone();
        let indices = Arc::clone(&batch.values);
        let wants_gradient = batch.wants_gradient();
        Ok(batch.then(values, move |gradient, grads| {
            let mut table = Buffer::zeroed(entries * width);
            for (&index, from) in indices.iter().zip(gradient.chunks_exact(width)) {
                let to = &mut table[index as usize * width..][..width];
                to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            }
            key.put(grads, table)?;
            // Indices do not change by small amounts.
            Ok(wants_gradient.then(|| Buffer::zeroed(indices.len())))
        }))
    }

    fn visit(&mut self, see: &mut dyn FnMut(&str, &mut Parameter)) {
        see("table", &mut self.table);
    }
}

#[cfg(test)]
mod tests {
    use crate::train::gradient_check::check_gradients_at;
    use crate::train::{Activation, Layer, Sequential};

    #[test]
    fn gradients_agree_with_differences_and_bad_indices_are_named() {
        let (entries, width) = (5, 3);
        let net = Sequential::input([4])
            .layer(Layer::Embedding { entries, width })
            .flatten()
            .dense(2, Activation::Linear);
        let mut network = net.initialize(1).unwrap();
        check_gradients_at(&mut network, &[0., 4., 4., 2., 1., 0., 3., 4.], 2);
        for bad in [5.0, -1.0, 0.5, f32::NAN] {
            let error = network
                .predict(&[0.0, 1.0, bad, 2.0])
                .unwrap_err()
                .to_string();
            assert!(error.contains("whole numbers from 0 to 4"), "{error}");
        }
        let many = Sequential::input([4]).embedding((1 << 24) + 1, 1);
        let error = many.initialize(1).unwrap_err().to_string();
        assert!(error.contains("up to 16777216"), "{error}");
    }
}
