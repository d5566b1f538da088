//! Pooling: the largest or the mean of what a window sees, plane by plane.

use super::window::Window;
use crate::train::batch::Batch;
use crate::train::buffer::Buffer;

/// The largest number under the window. The gradient goes to it alone, to the first of equals.
pub(crate) fn max_pool2d(batch: Batch, window: Window) -> Batch {
    let (plane, positions) = (window.height * window.width, window.positions());
    let planes = batch.rows * window.channels;
    let mut values = Buffer::stale(planes * positions);
    let mut sources = vec![
        0u32;
        if batch.training() {
            values.len()
        } else {
            positions
        }
    ];
    for (index, image) in batch.values.chunks_exact(plane).enumerate() {
        let out = &mut values[index * positions..][..positions];
        let sources = match batch.training() {
            true => &mut sources[index * positions..][..positions],
            false => &mut sources[..],
        };
        max_plane(&window, image, out, sources);
    }
    let size = batch.values.len();
    batch.then(values, move |gradient, _| {
        let mut dx = Buffer::zeroed(size);
        let parts = gradient
            .chunks_exact(positions)
            .zip(sources.chunks_exact(positions));
        for (to, (gradient, sources)) in dx.chunks_exact_mut(plane).zip(parts) {
            for (gradient, &source) in gradient.iter().zip(sources) {
                to[source as usize] += gradient;
            }
        }
        Ok(Some(dx))
    })
}

fn max_plane(window: &Window, image: &[f32], out: &mut [f32], sources: &mut [u32]) {
    out.fill(f32::NEG_INFINITY);
    each_tap(window, |position, source| {
        let value = image[source];
        // Not-a-number wins and stays.
        if value > out[position] || value.is_nan() {
            out[position] = value;
            sources[position] = source as u32;
        }
    });
}

/// The mean of what is under the window, zeros of the padding left out.
pub(crate) fn average_pool2d(batch: Batch, window: Window) -> Batch {
    let (plane, positions) = (window.height * window.width, window.positions());
    let mut shares = vec![0.0f32; positions];
    each_tap(&window, |position, _| shares[position] += 1.0);
    shares.iter_mut().for_each(|count| *count = count.recip());
    let mut values = Buffer::zeroed(batch.rows * window.channels * positions);
    let images = batch.values.chunks_exact(plane);
    for (image, out) in images.zip(values.chunks_exact_mut(positions)) {
        each_tap(&window, |position, source| {
            out[position] += image[source] * shares[position]
        });
    }
    let size = batch.values.len();
    batch.then(values, move |gradient, _| {
        let mut dx = Buffer::zeroed(size);
        let parts = gradient.chunks_exact(positions);
        for (to, gradient) in dx.chunks_exact_mut(plane).zip(parts) {
            each_tap(&window, |position, source| {
                to[source] += gradient[position] * shares[position];
            });
        }
        Ok(Some(dx))
    })
}

/// Calls `see` with every position of the window and every element of the plane it sees there.
#[inline(always)]
fn each_tap(window: &Window, mut see: impl FnMut(usize, usize)) {
    for ky in 0..window.kernel {
        let rows = window.inside(ky, window.height, window.top, window.out_height);
        for kx in 0..window.kernel {
            let columns = window.inside(kx, window.width, window.left, window.out_width);
            for oy in rows.clone() {
                let y = oy * window.stride + ky - window.top;
                for ox in columns.clone() {
                    let x = ox * window.stride + kx - window.left;
                    see(oy * window.out_width + ox, y * window.width + x);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::train::gradient_check::check_gradients;
    use crate::train::{Activation, Conv2d, Layer, Padding, Sequential};

    #[test]
    fn gradients_agree_with_differences() {
        for (size, stride, padding) in [
            (2, 2, Padding::Valid),
            (3, 2, Padding::Valid),
            (3, 2, Padding::Same),
            (2, 1, Padding::Same),
        ] {
            for layer in [
                Layer::MaxPool2d {
                    size,
                    stride,
                    padding,
                },
                Layer::AveragePool2d {
                    size,
                    stride,
                    padding,
                },
            ] {
                let net = Sequential::input([2, 7, 6])
                    .layer(Conv2d::new(3, 2).activation(Activation::Tanh))
                    .layer(layer)
                    .flatten()
                    .dense(2, Activation::Linear);
                check_gradients(&net, 4);
            }
        }
    }

    #[test]
    fn the_largest_and_the_mean_of_each_window() {
        let image = [
            1.0,
            2.0,
            3.0,
            4.0,
            8.0,
            7.0,
            6.0,
            5.0,
            -1.0,
            -2.0,
            -3.0,
            f32::NAN,
        ];
        let pooled = |layer: Layer| {
            let net = Sequential::input([1, 3, 4]).layer(layer);
            net.initialize(0).unwrap().predict(&image).unwrap()
        };
        let (size, stride) = (2, 2);
        let (valid, same) = (Padding::Valid, Padding::Same);
        let layer = Layer::MaxPool2d {
            size,
            stride,
            padding: valid,
        };
        assert_eq!(pooled(layer), [8.0, 6.0]);
        let layer = Layer::AveragePool2d {
            size,
            stride,
            padding: valid,
        };
        assert_eq!(pooled(layer), [4.5, 4.5]);
        let largest = pooled(Layer::MaxPool2d {
            size,
            stride,
            padding: same,
        });
        assert_eq!(largest[..3], [8.0, 6.0, -1.0]);
        assert!(largest[3].is_nan());
        let means = pooled(Layer::AveragePool2d {
            size,
            stride,
            padding: same,
        });
        assert_eq!(means[..3], [4.5, 4.5, -1.5]);
    }
}
