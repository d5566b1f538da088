//! Axes, where they mean anything, and the sides of boxes along them.

/// How an axis is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// By a threshold in `[0, 1]`.
    Number,
    /// Category c of this many lies at (c + 1/2) / count; some categories go left, the others right.
    Category(usize),
}

/// Where an axis means anything: only where another axis has some of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The axis that decides.
    pub axis: usize,
    /// The values of it that open the gate.
    pub open: Opening,
}

/// The values of an axis that open a gate.
#[derive(Debug, Clone, PartialEq)]
pub enum Opening {
    /// Coordinates between the two of a pair, which close it themselves. Between a value that opens the gate and its
    /// neighbour that closes it there is nothing: a side opens the gate that holds no value that closes it.
    Between(Vec<(f64, f64)>),
    /// The categories that are marked.
    Of(Vec<bool>),
}

impl Opening {
    /// Whether all of a side opens the gate.
    fn covers(&self, side: &Side) -> bool {
        match (self, side) {
            (Self::Between(gaps), Side::Between(low, high)) => {
                gaps.iter().any(|(after, before)| {
                    // A side holds its low end, and its high end where the axis ends too.
                    low > after && (high < before || (high == before && *high < 1.0))
                })
            }
            (Self::Of(open), Side::Among(kept)) => {
                let mut pairs = kept.iter().zip(open);
                pairs.all(|(kept, open)| !kept || *open)
            }
            _ => false,
        }
    }
}

/// How an axis is split, and where it means anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// How it is split.
    pub feature: Feature,
    /// Everywhere, if there is no gate. Elsewhere the axis is never split, whatever stands in its coordinates.
    pub gate: Option<Gate>,
}

impl From<Feature> for Axis {
    fn from(feature: Feature) -> Self {
        Self {
            feature,
            gate: None,
        }
    }
}

/// Whether an axis means something in all of a box.
pub(super) fn is_open(axes: &[Axis], axis: usize, sides: &[Side]) -> bool {
    axes[axis]
        .gate
        .as_ref()
        .is_none_or(|gate| gate.open.covers(&sides[gate.axis]) && is_open(axes, gate.axis, sides))
}

/// One side of a box.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Side {
    Between(f64, f64),
    Among(Vec<bool>),
}

impl Side {
    pub(super) fn whole(feature: Feature) -> Self {
        match feature {
            Feature::Number => Self::Between(0.0, 1.0),
            Feature::Category(count) => Self::Among(vec![true; count]),
        }
    }

    pub(super) fn holds(&self, x: f64) -> bool {
        match self {
            Self::Between(low, high) => *low <= x && (x < *high || *high >= 1.0),
            Self::Among(kept) => kept[category(x, kept.len())],
        }
    }

    /// The share of the axis that lies inside.
    pub(super) fn length(&self) -> f64 {
        match self {
            Self::Between(low, high) => high - low,
            Self::Among(kept) => {
                kept.iter().filter(|&&kept| kept).count() as f64 / kept.len() as f64
            }
        }
    }
}

fn category(x: f64, count: usize) -> usize {
    ((x * count as f64) as usize).min(count - 1)
}
