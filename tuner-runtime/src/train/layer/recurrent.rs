//! The recurrent layers LSTM and GRU.

use super::{Built, Run, Site, elements};
use crate::math::rng::Rng;
use crate::train::batch::Batch;
use crate::train::error::TrainError;
use crate::train::init::Init;
use crate::train::ops::gru::gru;
use crate::train::ops::lstm::lstm;
use crate::train::ops::time::Steps;
use crate::train::parameter::Parameter;

#[derive(Debug, Clone, Copy)]
pub(super) enum Cell {
    Lstm,
    Gru,
}

impl Cell {
    fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru => 3,
        }
    }
}

#[derive(Debug)]
struct Recurrent {
    steps: usize,
    picked: Steps,
    weights: Parameter,
    recurrent: Parameter,
    bias: Parameter,
    /// The second bias of the GRU's candidate.
    candidate: Option<Parameter>,
}

pub(super) fn build(
    site: &mut Site<'_>,
    cell: Cell,
    units: usize,
    picked: Steps,
) -> Result<Built, String> {
    let &[steps, inputs] = site.input else {
        return Err(format!(
            "takes sequences of the shape [steps, values], not {:?}",
            site.input
        ));
    };
    if units == 0 {
        return Err("has 0 units: give it 1 or more".to_owned());
    }
    elements("weights", &[inputs, cell.gates(), units])?;
    elements("weights", &[units, cell.gates(), units])?;
    let wide = cell.gates() * units;
    let weights = Init::Glorot.draw(site.rng, [inputs, wide], [inputs, wide]);
    let recurrent = Init::Orthogonal.draw(site.rng, [units, wide], [units, wide]);
    let mut bias = vec![0.0; wide];
    if let Cell::Lstm = cell {
        // Jozefowicz et al. (2015): a cell that remembers at first learns faster.
        bias[units..2 * units].fill(1.0);
    }
    let parameter = |shape: &[usize], values| Parameter::trained(site.device, shape, values);
    Ok(Built {
        run: Box::new(Recurrent {
            steps,
            picked,
            weights: parameter(&[inputs, wide], weights),
            recurrent: parameter(&[units, wide], recurrent),
            bias: parameter(&[wide], bias),
            candidate: matches!(cell, Cell::Gru).then(|| parameter(&[units], vec![0.0; units])),
        }),
        output: match picked {
            Steps::All => vec![steps, units],
            Steps::Last => vec![units],
        },
    })
}

impl Run for Recurrent {
    fn forward(&mut self, batch: Batch, _rng: &mut Rng) -> Result<Batch, TrainError> {
        let (steps, picked) = (self.steps, self.picked);
        let (wx, wh, b) = (&self.weights, &self.recurrent, &self.bias);
        Ok(match &self.candidate {
            None => lstm(batch, steps, [wx, wh, b], picked),
            Some(candidate) => gru(batch, steps, [wx, wh, b, candidate], picked),
        })
    }

    fn visit(&mut self, see: &mut dyn FnMut(&str, &mut Parameter)) {
        see("weight", &mut self.weights);
        see("recurrent", &mut self.recurrent);
        see("bias", &mut self.bias);
        if let Some(candidate) = &mut self.candidate {
            see("candidate_bias", candidate);
        }
    }
}
