//! Convolution as a matrix product (im2col), image by image, fused with bias and activation.
//!
//! Notation, for one image: `c` are the columns (patch by positions: what the window sees at each
//! position), `w` the weights (filters by patch), `y = f(w c + b)` (filters by positions). With
//! `g` the gradient of `y` times the derivative of `f`: `dw = g c^T`, `db` the row sums of `g`,
//! `dc = w^T g`, which is added back to the image where `c` was taken from. The columns are made
//! again in the backward pass: one image's fit into the cache, a batch's do not.

use std::sync::Arc;

use super::gemm::{Into, Matrix, multiply};
use super::vectorised;
use super::window::Window;
use crate::train::activation::Activation;
use crate::train::batch::Batch;
use crate::train::buffer::Buffer;
use crate::train::parameter::Parameter;

/// `f(conv(x, w) + b)` for images `[channels, height, width]`; `w` is
/// `[filters, channels, kernel, kernel]`.
pub(crate) fn conv2d(
    batch: Batch,
    window: Window,
    weights: &Parameter,
    bias: &Parameter,
    activation: Activation,
) -> Batch {
    let (filters, patch, positions) = (weights.shape()[0], window.patch(), window.positions());
    let mut values = Buffer::stale(batch.rows * filters * positions);
    let mut columns = Buffer::stale(patch * positions);
    let w = Matrix::new(weights.values(), filters, patch);
    let training = batch.training();
    let mut saved = Vec::new();
    let images = batch.values.chunks_exact(window.image());
    for (image, y) in images.zip(values.chunks_exact_mut(filters * positions)) {
        to_columns(&window, image, &mut columns);
        for (row, &bias) in y.chunks_exact_mut(positions).zip(bias.values()) {
            row.fill(bias);
        }
        multiply(w, Matrix::new(&columns, patch, positions), y, Into::Add);
        // While the image is still in the cache.
        saved.push(activation.apply(y, training));
    }
    let x = Arc::clone(&batch.values);
    let shared = weights.shared();
    let (weights_key, bias_key) = (weights.key().clone(), bias.key().clone());
    let wants_gradient = batch.wants_gradient();
    let y = Arc::new(values);
    batch.then(Arc::clone(&y), move |mut gradient, grads| {
        let mut dw = Buffer::zeroed(filters * patch);
        let mut db = Buffer::zeroed(filters);
        let mut dx = wants_gradient.then(|| Buffer::zeroed(x.len()));
        let mut columns = Buffer::stale(patch * positions);
        let size = filters * positions;
        for (index, g) in gradient.chunks_exact_mut(size).enumerate() {
            let results = &y[index * size..][..size];
            activation.scale_gradient(g, results, saved[index].as_deref());
            for (sum, row) in db.iter_mut().zip(g.chunks_exact(positions)) {
                *sum += row_sum(row);
            }
            let g = Matrix::new(g, filters, positions);
            let image = index * window.image()..(index + 1) * window.image();
            to_columns(&window, &x[image.clone()], &mut columns);
            let c = Matrix::new(&columns, patch, positions);
            multiply(g, c.transposed(), &mut dw, Into::Add);
            if let Some(dx) = &mut dx {
                let w = Matrix::new(&shared, filters, patch).transposed();
                multiply(w, g, &mut columns, Into::Overwrite);
                add_columns(&window, &columns, &mut dx[image]);
            }
        }
        weights_key.put(grads, dw)?;
        bias_key.put(grads, db)?;
        Ok(dx)
    })
}

fn row_sum(row: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    vectorised(|| {
        let chunks = row.chunks_exact(16);
        for value in chunks.remainder() {
            sums[0] += value;
        }
        for chunk in chunks {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum += value;
            }
        }
    });
    sums.iter().sum()
}

/// Writes what the window sees: one row for each of its elements, one column a position.
fn to_columns(window: &Window, image: &[f32], columns: &mut [f32]) {
    each_row(window, |row, out, source, inside| {
        let row = &mut columns[row..][out..out + window.out_width];
        row[..inside.start].fill(0.0);
        row[inside.end..].fill(0.0);
        let Some(source) = source else {
            return row.fill(0.0);
        };
        let row = &mut row[inside];
        if window.stride == 1 {
            row.copy_from_slice(&image[source..][..row.len()]);
        } else {
            let from = image[source..].iter().step_by(window.stride);
            row.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
        }
    });
}

/// The transpose of [`to_columns`]: adds each number to where it was taken from.
fn add_columns(window: &Window, columns: &[f32], image: &mut [f32]) {
    each_row(window, |row, out, source, inside| {
        let Some(source) = source else { return };
        let row = &columns[row..][out..out + window.out_width][inside];
        if window.stride == 1 {
            let to = &mut image[source..][..row.len()];
            to.iter_mut().zip(row).for_each(|(to, from)| *to += from);
        } else {
            let to = image[source..].iter_mut().step_by(window.stride);
            to.zip(row).for_each(|(to, from)| *to += from);
        }
    });
}

/// Calls `see` for each row of each plane of the columns with: where the plane starts, where the
/// row starts in it, where in the image the first element inside stands (`None` when the row lies
/// in the padding), and which of its elements lie inside.
fn each_row(
    window: &Window,
    mut see: impl FnMut(usize, usize, Option<usize>, std::ops::Range<usize>),
) {
    let (kernel, stride) = (window.kernel, window.stride);
    let mut plane = 0;
    for channel in 0..window.channels {
        for ky in 0..kernel {
            let rows = window.inside(ky, window.height, window.top, window.out_height);
            for kx in 0..kernel {
                let inside = window.inside(kx, window.width, window.left, window.out_width);
                for oy in 0..window.out_height {
                    let source = (rows.contains(&oy) && !inside.is_empty()).then(|| {
                        let y = oy * stride + ky - window.top;
                        let x = inside.start * stride + kx - window.left;
                        (channel * window.height + y) * window.width + x
                    });
                    see(plane, oy * window.out_width, source, inside.clone());
                }
                plane += window.positions();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::train::gradient_check::check_gradients;
    use crate::train::{Activation, Conv2d, Padding, Sequential};

    #[test]
    fn gradients_agree_with_differences() {
        for (kernel, stride, padding) in [
            (3, 1, Padding::Valid),
            (3, 1, Padding::Same),
            (2, 2, Padding::Valid),
            (3, 2, Padding::Same),
            (4, 3, Padding::Same),
        ] {
            let conv = Conv2d::new(4, kernel).stride(stride).padding(padding);
            let net = Sequential::input([2, 7, 6])
                .layer(conv.activation(Activation::Tanh))
                .layer(
                    Conv2d::new(3, 2)
                        .padding(padding)
                        .activation(Activation::Gelu),
                )
                .flatten()
                .dense(3, Activation::Linear);
            check_gradients(&net, 5);
        }
    }

    #[test]
    fn gradients_agree_where_taps_see_padding_alone() {
        for (size, kernel) in [(1, 3), (2, 5), (2, 8)] {
            let conv = |filters| Conv2d::new(filters, kernel).padding(Padding::Same);
            let net = Sequential::input([2, size, size])
                .layer(conv(4).activation(Activation::Tanh))
                .layer(conv(3).activation(Activation::Gelu))
                .flatten()
                .dense(3, Activation::Linear);
            check_gradients(&net, 5);
        }
    }

    #[test]
    fn the_result_agrees_with_the_definition() {
        let (channels, filters, stride) = (2, 3, 1);
        for (height, width, kernel, padding, top) in [
            (5, 6, 3, Padding::Valid, 0),
            (5, 6, 3, Padding::Same, 1),
            (1, 1, 3, Padding::Same, 1),
            (2, 2, 5, Padding::Same, 2),
        ] {
            let conv = Conv2d::new(filters, kernel).stride(stride).padding(padding);
            let net = Sequential::input([channels, height, width]).layer(conv);
            let mut network = net.initialize(3).unwrap();
            let pixels = 0..channels * height * width;
            let image: Vec<f32> = pixels.map(|i| ((i * 37) % 23) as f32 * 0.1).collect();
            let result = network.predict(&image).unwrap();
            let mut weights = Vec::new();
            network.visit(&mut |_, parameter| weights.push(parameter.values().to_vec()));
            let shape = network.output_shape().to_vec();
            let at = |channel: usize, y: i64, x: i64| {
                let inside = (0..height as i64).contains(&y) && (0..width as i64).contains(&x);
                let index = (channel * height) as i64 * width as i64 + y * width as i64 + x;
                if inside { image[index as usize] } else { 0.0 }
            };
            for (index, value) in result.iter().enumerate() {
                let (filter, rest) = (index / (shape[1] * shape[2]), index % (shape[1] * shape[2]));
                let (oy, ox) = (rest / shape[2], rest % shape[2]);
                let mut sum = weights[1][filter];
                for channel in 0..channels {
                    for ky in 0..kernel {
                        for kx in 0..kernel {
                            let tap = (filter * channels + channel) * kernel + ky;
                            let y = (oy * stride + ky) as i64 - top;
                            let x = (ox * stride + kx) as i64 - top;
                            sum += weights[0][tap * kernel + kx] * at(channel, y, x);
                        }
                    }
                }
                assert!(
                    (value - sum).abs() < 1e-4,
                    "{padding:?} {index}: {value} {sum}"
                );
            }
        }
    }
}
