//! The long short-term memory (Hochreiter and Schmidhuber 1997) over whole sequences.
//!
//! Notation, for time step `t`: `[i f g o] = x_t wx + h_(t-1) wh + b`, then `i`, `f`, `o` through the
//! logistic function and `g` through tanh; `c_t = f c_(t-1) + i g`, `h_t = o tanh(c_t)`. The
//! products with `wx` are one for all steps, before the first and after the last.

use std::sync::Arc;

use super::elementary::{sigmoid, tanh};
use super::gemm::{Into, Matrix, multiply};
use super::time::{Sequences, Steps};
use super::{add_column_sums, vectorised};
use crate::train::batch::Batch;
use crate::train::buffer::Buffer;
use crate::train::parameter::Parameter;

/// `wx` is `[inputs, 4 units]`, `wh` is `[units, 4 units]`, `b` is `[4 units]`.
pub(crate) fn lstm(
    batch: Batch,
    steps: usize,
    [wx, wh, b]: [&Parameter; 3],
    picked: Steps,
) -> Batch {
    let (rows, inputs, units) = (batch.rows, wx.shape()[0], wh.shape()[0]);
    let sequences = move |columns| Sequences {
        rows,
        steps,
        columns,
    };
    let (part, wide) = (rows * units, rows * 4 * units);
    let x = sequences(inputs).by_step(&batch.values);
    let mut gates = Buffer::stale(steps * wide);
    for row in gates.chunks_exact_mut(4 * units) {
        row.copy_from_slice(b.values());
    }
    let wx_matrix = Matrix::new(wx.values(), inputs, 4 * units);
    multiply(
        Matrix::new(&x, steps * rows, inputs),
        wx_matrix,
        &mut gates,
        Into::Add,
    );
    let mut cells = Buffer::stale(steps * part);
    let mut results = Buffer::stale(steps * part);
    let zeros = Buffer::zeroed(part);
    for step in 0..steps {
        let gates = &mut gates[step * wide..][..wide];
        let (before, cells) = cells.split_at_mut(step * part);
        let (last, results) = results.split_at_mut(step * part);
        if step > 0 {
            let last = Matrix::new(&last[last.len() - part..], rows, units);
            let wh = Matrix::new(wh.values(), units, 4 * units);
            multiply(last, wh, gates, Into::Add);
        }
        let before = if step > 0 {
            &before[before.len() - part..]
        } else {
            &zeros[..]
        };
        for row in 0..rows {
            let cut = row * units..(row + 1) * units;
            let gates = &mut gates[row * 4 * units..][..4 * units];
            let (cells, results) = (&mut cells[cut.clone()], &mut results[cut.clone()]);
            step_forward(gates, &before[cut], cells, results);
        }
    }
    let out = picked.pick(&results, sequences(units));
    let (wx_shared, wh_shared) = (wx.shared(), wh.shared());
    let keys = [wx, wh, b].map(|parameter| parameter.key().clone());
    let wants_gradient = batch.wants_gradient();
    batch.then(Arc::new(out), move |gradient, grads| {
        let mut dh = picked.spread(&gradient, sequences(units));
        let mut dc = Buffer::zeroed(part);
        // The gates give way to their gradients, from the last step to the first.
        let mut dgates = gates;
        for step in (0..steps).rev() {
            let gates = &mut dgates[step * wide..][..wide];
            let cells_now = &cells[step * part..][..part];
            let before = match step {
                0 => &zeros[..],
                _ => &cells[(step - 1) * part..][..part],
            };
            for row in 0..rows {
                let cut = row * units..(row + 1) * units;
                let dh = &dh[step * part..][cut.clone()];
                let gates = &mut gates[row * 4 * units..][..4 * units];
                let (now, before) = (&cells_now[cut.clone()], &before[cut.clone()]);
                step_backward(gates, before, now, dh, &mut dc[cut]);
            }
            if step > 0 {
                let wh = Matrix::new(&wh_shared, units, 4 * units).transposed();
                let to = &mut dh[(step - 1) * part..][..part];
                multiply(Matrix::new(gates, rows, 4 * units), wh, to, Into::Add);
            }
        }
        let all = Matrix::new(&dgates, steps * rows, 4 * units);
        let mut dwx = Buffer::stale(inputs * 4 * units);
        let x = Matrix::new(&x, steps * rows, inputs).transposed();
        multiply(x, all, &mut dwx, Into::Overwrite);
        let mut dwh = Buffer::stale(units * 4 * units);
        let later = (steps - 1) * rows;
        multiply(
            Matrix::new(&results, later, units).transposed(),
            Matrix::new(&dgates[wide..], later, 4 * units),
            &mut dwh,
            Into::Overwrite,
        );
        let mut db = Buffer::zeroed(4 * units);
        add_column_sums(&dgates, &mut db);
        for (key, gradient) in keys.iter().zip([dwx, dwh, db]) {
            key.put(grads, gradient)?;
        }
        if !wants_gradient {
            return Ok(None);
        }
        let mut dx = Buffer::stale(steps * rows * inputs);
        let wx = Matrix::new(&wx_shared, inputs, 4 * units).transposed();
        multiply(all, wx, &mut dx, Into::Overwrite);
        Ok(Some(sequences(inputs).by_row(&dx)))
    })
}

/// One step of one example: the sums in `gates` become the gates.
fn step_forward(gates: &mut [f32], before: &[f32], cells: &mut [f32], results: &mut [f32]) {
    let units = before.len();
    let (i, rest) = gates.split_at_mut(units);
    let (f, rest) = rest.split_at_mut(units);
    let (g, o) = rest.split_at_mut(units);
    vectorised(
        #[inline(always)]
        || {
            let all = i.iter_mut().zip(f).zip(g.iter_mut().zip(o));
            let all = all.zip(before).zip(cells.iter_mut().zip(results));
            for ((((i, f), (g, o)), before), (cell, result)) in all {
                *i = sigmoid(*i);
                *f = sigmoid(*f);
                *g = tanh(*g);
                *o = sigmoid(*o);
                *cell = *f * before + *i * *g;
                *result = *o * tanh(*cell);
            }
        },
    );
}

/// One step of one example: the gates become the gradients of their sums; `dc` goes from the
/// gradient of this step's cells to that of the cells before.
fn step_backward(gates: &mut [f32], before: &[f32], cells: &[f32], dh: &[f32], dc: &mut [f32]) {
    let units = before.len();
    let (i, rest) = gates.split_at_mut(units);
    let (f, rest) = rest.split_at_mut(units);
    let (g, o) = rest.split_at_mut(units);
    vectorised(
        #[inline(always)]
        || {
            let all = i.iter_mut().zip(f).zip(g.iter_mut().zip(o));
            let all = all.zip(before.iter().zip(cells)).zip(dh.iter().zip(dc));
            for ((((i, f), (g, o)), (before, cell)), (dh, dc)) in all {
                let bent = tanh(*cell);
                let d = dh * *o * (1.0 - bent * bent) + *dc;
                *dc = d * *f;
                let (di, df, dg) = (d * *g, d * before, d * *i);
                *i = di * *i * (1.0 - *i);
                *f = df * *f * (1.0 - *f);
                *g = dg * (1.0 - *g * *g);
                *o = dh * bent * *o * (1.0 - *o);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::train::gradient_check::check_gradients;
    use crate::train::{Activation, Sequential, Steps};

    #[test]
    fn gradients_agree_with_differences() {
        let net = Sequential::input([5, 3])
            .lstm(4, Steps::All)
            .lstm(6, Steps::Last)
            .dense(2, Activation::Linear);
        check_gradients(&net, 7);
        // A single step has no recurrent product.
        check_gradients(&Sequential::input([1, 3]).lstm(4, Steps::All), 3);
    }
}
