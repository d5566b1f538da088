//! Sequences between their two orders: example by example, and time step by time step.
//!
//! Recurrent layers work time step by time step, so that what belongs to one step is one matrix.

use crate::train::buffer::Buffer;

/// The sizes of a batch of sequences.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sequences {
    pub(crate) rows: usize,
    pub(crate) steps: usize,
    pub(crate) columns: usize,
}

impl Sequences {
    /// From `[row][step][column]` to `[step][row][column]`.
    pub(crate) fn by_step(self, values: &[f32]) -> Buffer {
        let mut result = Buffer::stale(values.len());
        for (row, example) in values.chunks_exact(self.steps * self.columns).enumerate() {
            for (step, from) in example.chunks_exact(self.columns).enumerate() {
                let at = (step * self.rows + row) * self.columns;
                result[at..at + self.columns].copy_from_slice(from);
            }
        }
        result
    }

    /// From `[step][row][column]` to `[row][step][column]`.
    pub(crate) fn by_row(self, values: &[f32]) -> Buffer {
        let (rows, steps) = (self.steps, self.rows);
        Self {
            rows,
            steps,
            ..self
        }
        .by_step(values)
    }
}

/// Which results of a recurrent layer go on to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// That of the last time step: the shape becomes `[units]`.
    Last,
    /// Those of all: the shape becomes `[steps, units]`, as the next recurrent layer takes it.
    All,
}

impl Steps {
    /// The results that go on, example by example, out of all, step by step.
    pub(crate) fn pick(self, all: &[f32], sequences: Sequences) -> Buffer {
        match self {
            Self::All => sequences.by_row(all),
            Self::Last => {
                let last = sequences.rows * sequences.columns;
                Buffer::copied(&all[all.len() - last..])
            }
        }
    }

    /// The gradient of all results, step by step, out of the gradient of those picked.
    pub(crate) fn spread(self, gradient: &[f32], sequences: Sequences) -> Buffer {
        match self {
            Self::All => sequences.by_step(gradient),
            Self::Last => {
                let mut all = Buffer::zeroed(gradient.len() * sequences.steps);
                let start = all.len() - gradient.len();
                all[start..].copy_from_slice(gradient);
                all
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orders_are_inverse() {
        let (rows, steps, columns) = (3, 4, 2);
        let sequences = Sequences {
            rows,
            steps,
            columns,
        };
        let values: Vec<f32> = (0..24).map(|value| value as f32).collect();
        let by_step = sequences.by_step(&values);
        // The first step of the second row.
        assert_eq!(by_step[2..4], [8.0, 9.0]);
        assert_eq!(sequences.by_row(&by_step)[..], values);
        assert_eq!(
            Steps::Last.pick(&by_step, sequences)[..],
            [6., 7., 14., 15., 22., 23.]
        );
    }
}
