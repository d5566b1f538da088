//! Pooling: the largest or the mean of what a window sees, plane by plane.

use super::vectorised;
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
    if (window.kernel, window.stride, window.top, window.left) == (2, 2, 0, 0)
        && window.height >= 2 * window.out_height
        && window.width >= 2 * window.out_width
    {
        return max_of_squares(window, image, out, sources);
    }
    max_of_any(window, image, out, sources);
}

/// Any window.
fn max_of_any(window: &Window, image: &[f32], out: &mut [f32], sources: &mut [u32]) {
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

/// The usual case, windows of 2 by 2 that do not overlap, without branches.
fn max_of_squares(window: &Window, image: &[f32], out: &mut [f32], sources: &mut [u32]) {
    let (width, count) = (window.width, window.out_width);
    vectorised(
        #[inline(always)]
        || {
            let results = out
                .chunks_exact_mut(count)
                .zip(sources.chunks_exact_mut(count));
            for (y, (out, sources)) in results.enumerate() {
                let start = 2 * y * width;
                let above = image[start..][..2 * count].chunks_exact(2);
                let below = image[start + width..][..2 * count].chunks_exact(2);
                let results = out.iter_mut().zip(sources);
                for (x, ((out, source), (above, below))) in
                    results.zip(above.zip(below)).enumerate()
                {
                    let at = (start + 2 * x) as u32;
                    let mut best = (above[0], at);
                    for (value, at) in [
                        (above[1], at + 1),
                        (below[0], at + width as u32),
                        (below[1], at + width as u32 + 1),
                    ] {
                        let wins = (value > best.0) | value.is_nan();
                        best.0 = if wins { value } else { best.0 };
                        best.1 = if wins { at } else { best.1 };
                    }
                    *out = best.0;
                    *source = best.1;
                }
            }
        },
    );
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
    use super::*;
    use crate::train::gradient_check::check_gradients;
    use crate::train::{Activation, Conv2d, Layer, Padding, Sequential};

    #[test]
    fn gradients_agree_with_differences() {
        for (height, width, size, stride, padding) in [
            (6, 5, 2, 2, Padding::Valid),
            (6, 5, 3, 2, Padding::Valid),
            (6, 5, 3, 2, Padding::Same),
            (6, 5, 2, 1, Padding::Same),
            (1, 1, 3, 1, Padding::Same),
            (2, 2, 5, 1, Padding::Same),
            (2, 2, 8, 1, Padding::Same),
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
                let net = Sequential::input([2, height + 1, width + 1])
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

    #[test]
    fn the_usual_case_gives_what_the_general_one_does() {
        let window = Window::new(&[1, 7, 19], 2, 2, Padding::Valid).unwrap();
        let mut rng = crate::math::rng::Rng::new(4);
        // Few different values, so that there are equal ones, and some that are not numbers.
        let image: Vec<f32> = (0..7 * 19)
            .map(|_| match rng.below(9) {
                0 => f32::NAN,
                value => value as f32,
            })
            .collect();
        let count = window.positions();
        let (mut fast, mut fast_sources) = (vec![0.0; count], vec![0; count]);
        max_of_squares(&window, &image, &mut fast, &mut fast_sources);
        let (mut slow, mut slow_sources) = (vec![f32::NEG_INFINITY; count], vec![0; count]);
        max_of_any(&window, &image, &mut slow, &mut slow_sources);
        assert_eq!(fast_sources, slow_sources);
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&fast), bits(&slow));
    }
}
