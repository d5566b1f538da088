//! The pooling layers.

use super::{Built, Run, Site, elements};
use crate::math::rng::Rng;
use crate::train::batch::Batch;
use crate::train::error::TrainError;
use crate::train::ops::pool2d::{average_pool2d, max_pool2d};
use crate::train::ops::window::{Padding, Window};

#[derive(Debug, Clone, Copy)]
pub(super) enum Pool {
    Max,
    Average,
}

#[derive(Debug)]
struct Running {
    pool: Pool,
    window: Window,
}

pub(super) fn build(
    site: &Site<'_>,
    pool: Pool,
    size: usize,
    stride: usize,
    padding: Padding,
) -> Result<Built, String> {
    let window = Window::new(site.input, size, stride, padding)?;
    elements("a window", &[size, size])?;
    Ok(Built {
        run: Box::new(Running { pool, window }),
        output: vec![window.channels, window.out_height, window.out_width],
    })
}

impl Run for Running {
    fn forward(&mut self, batch: Batch, _rng: &mut Rng) -> Result<Batch, TrainError> {
        Ok(match self.pool {
            Pool::Max => max_pool2d(batch, self.window),
            Pool::Average => average_pool2d(batch, self.window),
        })
    }
}
