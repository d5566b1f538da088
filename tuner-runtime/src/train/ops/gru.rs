//! The gated recurrent unit (Cho et al. 2014, with the reset after the product) over sequences.
//!
//! Notation, for time step `t`: `[r z n] = x_t wx + b` and `[r' z' n'] = h_(t-1) wh`;
//! `r` and `z` are the logistic function of `r + r'` and `z + z'`, `m = n' + bn`,
//! `n = tanh(n + r m)` and `h_t = (1 - z) n + z h_(t-1)`.

use std::sync::Arc;

use super::elementary::{sigmoid, tanh};
use super::gemm::{Into, Matrix, multiply};
use super::time::{Sequences, Steps};
use super::{add_column_sums, vectorised};
use crate::train::batch::Batch;
use crate::train::buffer::Buffer;
use crate::train::parameter::Parameter;

/// `wx` is `[inputs, 3 units]`, `wh` is `[units, 3 units]`, `b` is `[3 units]`, `bn` is `[units]`.
pub(crate) fn gru(
    batch: Batch,
    steps: usize,
    [wx, wh, b, bn]: [&Parameter; 4],
    picked: Steps,
) -> Batch {
    let (rows, inputs, units) = (batch.rows, wx.shape()[0], wh.shape()[0]);
    let sequences = move |columns| Sequences {
        rows,
        steps,
        columns,
    };
    let (part, wide) = (rows * units, rows * 3 * units);
    let x = sequences(inputs).by_step(&batch.values);
    let mut gates = Buffer::stale(steps * wide);
    for row in gates.chunks_exact_mut(3 * units) {
        row.copy_from_slice(b.values());
    }
    let wx_matrix = Matrix::new(wx.values(), inputs, 3 * units);
    multiply(
        Matrix::new(&x, steps * rows, inputs),
        wx_matrix,
        &mut gates,
        Into::Add,
    );
    // What the last state gives to each gate; in the place of `n` stands `m`.
    let mut recurrent = Buffer::zeroed(steps * wide);
    // The state before each step: zeros, then the results.
    let mut states = Buffer::zeroed((steps + 1) * part);
    for step in 0..steps {
        let (before, results) = states.split_at_mut((step + 1) * part);
        let before = &before[step * part..];
        let recurrent = &mut recurrent[step * wide..][..wide];
        if step > 0 {
            let wh = Matrix::new(wh.values(), units, 3 * units);
            multiply(
                Matrix::new(before, rows, units),
                wh,
                recurrent,
                Into::Overwrite,
            );
        }
        for row in 0..rows {
            let gates = &mut gates[step * wide + row * 3 * units..][..3 * units];
            let recurrent = &mut recurrent[row * 3 * units..][..3 * units];
            let cut = row * units..(row + 1) * units;
            let (before, results) = (&before[cut.clone()], &mut results[cut]);
            step_forward(gates, recurrent, bn.values(), before, results);
        }
    }
    let out = picked.pick(&states[part..], sequences(units));
    let (wx_shared, wh_shared) = (wx.shared(), wh.shared());
    let keys = [wx, wh, b, bn].map(|parameter| parameter.key().clone());
    let wants_gradient = batch.wants_gradient();
    batch.then(Arc::new(out), move |gradient, grads| {
        let mut dh = picked.spread(&gradient, sequences(units));
        // The gates give way to the gradients of their sums, the recurrent parts to theirs.
        let (mut dgates, mut drecurrent) = (gates, recurrent);
        let mut through = Buffer::stale(part);
        for step in (0..steps).rev() {
            for row in 0..rows {
                let at = step * wide + row * 3 * units;
                let cut = row * units..(row + 1) * units;
                step_backward(
                    &mut dgates[at..][..3 * units],
                    &mut drecurrent[at..][..3 * units],
                    &states[step * part..][cut.clone()],
                    &dh[step * part..][cut.clone()],
                    &mut through[cut],
                );
            }
            if step > 0 {
                let to = &mut dh[(step - 1) * part..][..part];
                to.iter_mut().zip(&through[..]).for_each(|(to, d)| *to += d);
                let wh = Matrix::new(&wh_shared, units, 3 * units).transposed();
                let d = Matrix::new(&drecurrent[step * wide..], rows, 3 * units);
                multiply(d, wh, to, Into::Add);
            }
        }
        let all = Matrix::new(&dgates, steps * rows, 3 * units);
        let mut dwx = Buffer::stale(inputs * 3 * units);
        let x = Matrix::new(&x, steps * rows, inputs).transposed();
        multiply(x, all, &mut dwx, Into::Overwrite);
        let mut dwh = Buffer::stale(units * 3 * units);
        multiply(
            Matrix::new(&states, steps * rows, units).transposed(),
            Matrix::new(&drecurrent, steps * rows, 3 * units),
            &mut dwh,
            Into::Overwrite,
        );
        let mut db = Buffer::zeroed(3 * units);
        add_column_sums(&dgates, &mut db);
        let mut dwide = Buffer::zeroed(3 * units);
        add_column_sums(&drecurrent, &mut dwide);
        let dbn = Buffer::copied(&dwide[2 * units..]);
        for (key, gradient) in keys.iter().zip([dwx, dwh, db, dbn]) {
            key.put(grads, gradient)?;
        }
        if !wants_gradient {
            return Ok(None);
        }
        let mut dx = Buffer::stale(steps * rows * inputs);
        let wx = Matrix::new(&wx_shared, inputs, 3 * units).transposed();
        multiply(all, wx, &mut dx, Into::Overwrite);
        Ok(Some(sequences(inputs).by_row(&dx)))
    })
}

fn thirds(values: &mut [f32]) -> [&mut [f32]; 3] {
    let units = values.len() / 3;
    let (first, rest) = values.split_at_mut(units);
    let (second, third) = rest.split_at_mut(units);
    [first, second, third]
}

/// One step of one example: the sums in `gates` become the gates, `n'` becomes `m`.
fn step_forward(
    gates: &mut [f32],
    recurrent: &mut [f32],
    bn: &[f32],
    before: &[f32],
    results: &mut [f32],
) {
    let ([r, z, n], [r2, z2, m]) = (thirds(gates), thirds(recurrent));
    vectorised(
        #[inline(always)]
        || {
            let gates = r.iter_mut().zip(z).zip(n);
            let parts = r2.iter().zip(z2.iter()).zip(m.iter_mut().zip(bn));
            let states = before.iter().zip(results);
            for ((((r, z), n), ((r2, z2), (m, bn))), (before, result)) in
                gates.zip(parts).zip(states)
            {
                *r = sigmoid(*r + r2);
                *z = sigmoid(*z + z2);
                *m += bn;
                *n = tanh(*n + *r * *m);
                *result = (1.0 - *z) * *n + *z * before;
            }
        },
    );
}

/// One step of one example: gates and recurrent parts become the gradients of their sums;
/// `through` is what reaches the state before directly.
fn step_backward(
    gates: &mut [f32],
    recurrent: &mut [f32],
    before: &[f32],
    dh: &[f32],
    through: &mut [f32],
) {
    let ([r, z, n], [r2, z2, m]) = (thirds(gates), thirds(recurrent));
    vectorised(
        #[inline(always)]
        || {
            let gates = r.iter_mut().zip(z).zip(n);
            let parts = r2.iter_mut().zip(z2).zip(m);
            let states = before.iter().zip(dh).zip(through);
            for ((((r, z), n), ((r2, z2), m)), ((before, dh), through)) in
                gates.zip(parts).zip(states)
            {
                *through = dh * *z;
                let dn = dh * (1.0 - *z) * (1.0 - *n * *n);
                let dz = dh * (before - *n) * *z * (1.0 - *z);
                let dr = dn * *m * *r * (1.0 - *r);
                *m = dn * *r;
                *r = dr;
                *z = dz;
                *n = dn;
                *r2 = dr;
                *z2 = dz;
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
            .gru(4, Steps::All)
            .gru(6, Steps::Last)
            .dense(2, Activation::Linear);
        check_gradients(&net, 7);
        check_gradients(&Sequential::input([1, 3]).gru(4, Steps::All), 3);
    }
}
