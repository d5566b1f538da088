//! The fully connected layer.

use super::{Built, Run, Site, elements};
use crate::math::rng::Rng;
use crate::train::activation::Activation;
use crate::train::batch::Batch;
use crate::train::error::TrainError;
use crate::train::init::Init;
use crate::train::ops::dense::dense;
use crate::train::parameter::Parameter;

#[derive(Debug)]
struct Dense {
    weights: Parameter,
    bias: Option<Parameter>,
    activation: Activation,
}

pub(super) fn build(
    site: &mut Site<'_>,
    units: usize,
    activation: Activation,
    bias: bool,
    init: Init,
) -> Result<Built, String> {
    let Some((&inputs, leading)) = site.input.split_last() else {
        return Err("needs an input with at least one axis".to_owned());
    };
    activation.check()?;
    if units == 0 {
        return Err("has 0 units: give it 1 or more".to_owned());
    }
    elements("weights", &[inputs, units])?;
    let weights = init.draw(site.rng, [inputs, units], [inputs, units]);
    let parameter = |shape: &[usize], values| Parameter::trained(site.device, shape, values);
    Ok(Built {
        run: Box::new(Dense {
            weights: parameter(&[inputs, units], weights),
            bias: bias.then(|| parameter(&[units], vec![0.0; units])),
            activation,
        }),
        output: [leading, &[units]].concat(),
    })
}

impl Run for Dense {
    fn forward(&mut self, batch: Batch, _rng: &mut Rng) -> Result<Batch, TrainError> {
        Ok(dense(
            batch,
            &self.weights,
            self.bias.as_ref(),
            self.activation,
        ))
    }

    fn visit(&mut self, see: &mut dyn FnMut(&str, &mut Parameter)) {
        see("weight", &mut self.weights);
        if let Some(bias) = &mut self.bias {
            see("bias", bias);
        }
    }
}
