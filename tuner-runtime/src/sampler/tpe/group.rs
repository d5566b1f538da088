//! The parameters that are active together, modelled as one multivariate density.

use super::parzen::{Kind, Parzen};
use crate::math::rng::Rng;
use crate::space::{Axis, Condition, Point, Space, Value};

/// Grids with more values than this count as continuous.
const SHORT: u128 = 32;

/// Parameters with the same condition: active together or not at all.
pub(super) struct Group {
    places: Vec<usize>,
    kinds: Vec<Kind>,
}

impl Group {
    /// The groups of a space, by the place of their first parameter.
    pub(super) fn all(space: &Space) -> Vec<Self> {
        let mut conditions: Vec<&Option<Condition>> = Vec::new();
        let mut groups: Vec<Self> = Vec::new();
        for (place, param) in space.params().iter().enumerate() {
            let kind = match param.domain.axis() {
                Axis::Constant => continue,
                Axis::Unordered { count } => Kind::Category(count),
                Axis::Grid { count } if count <= SHORT => {
                    let values = (0..count).filter_map(|index| param.domain.value(index));
                    Kind::Grid(values.map(|value| param.domain.cell(&value)).collect())
                }
                Axis::Grid { .. } | Axis::Continuous => Kind::Continuous,
            };
            let known = conditions
                .iter()
                .position(|known| **known == param.condition);
            let group = known.unwrap_or_else(|| {
                conditions.push(&param.condition);
                groups.push(Self {
                    places: Vec::new(),
                    kinds: Vec::new(),
                });
                groups.len() - 1
            });
            groups[group].places.push(place);
            groups[group].kinds.push(kind);
        }
        groups
    }

    /// The place of the first parameter; the others are active when it is.
    pub(super) fn first(&self) -> usize {
        self.places[0]
    }

    /// Whether a point has values for these parameters.
    pub(super) fn is_active(&self, point: &Point) -> bool {
        point.at(self.first()).is_some()
    }

    /// Adds the coordinates of a point in which the group is active.
    pub(super) fn extend(&self, space: &Space, point: &Point, rows: &mut Vec<f64>) {
        for (&place, kind) in self.places.iter().zip(&self.kinds) {
            let domain = &space.params()[place].domain;
            // A trial that fits has a value for all of them, and it is one of the domain.
            let coordinate = point.at(place).and_then(|value| match kind {
                Kind::Continuous => Some(domain.encode(value)),
                Kind::Grid(_) | Kind::Category(_) => Some(domain.index(value)? as f64),
            });
            rows.push(coordinate.unwrap_or(0.0));
        }
    }

    /// The values at a draw, each with its place.
    pub(super) fn values<'a>(
        &'a self,
        space: &'a Space,
        row: &'a [f64],
    ) -> impl Iterator<Item = (usize, Value)> + 'a {
        self.places
            .iter()
            .zip(&self.kinds)
            .zip(row)
            .map(|((&place, kind), &at)| {
                let domain = &space.params()[place].domain;
                let value = match kind {
                    Kind::Continuous => domain.decode(at),
                    _ => domain.value(at as u128).unwrap_or_else(|| domain.middle()),
                };
                (place, value)
            })
    }

    /// The most promising of `candidates` draws from the density of the good observations: the one
    /// whose density there is largest beside that of the bad ones.
    pub(super) fn propose(
        &self,
        space: &Space,
        good: &[f64],
        bad: &[f64],
        candidates: usize,
        rng: &mut Rng,
    ) -> Vec<(usize, Value)> {
        let (good, bad) = (
            Parzen::new(&self.kinds, good),
            Parzen::new(&self.kinds, bad),
        );
        let mut scratch = Vec::new();
        let mut best: Option<(f64, Vec<f64>)> = None;
        for _ in 0..candidates {
            let row = self.on_grid(space, good.sample(rng));
            let score = good.log_density(&row, &mut scratch) - bad.log_density(&row, &mut scratch);
            if best.as_ref().is_none_or(|(reached, _)| score > *reached) {
                best = Some((score, row));
            }
        }
        best.map_or_else(Vec::new, |(_, row)| self.values(space, &row).collect())
    }

    /// Moves coordinates on long grids to the value that they decode to.
    fn on_grid(&self, space: &Space, mut row: Vec<f64>) -> Vec<f64> {
        for ((&place, kind), at) in self.places.iter().zip(&self.kinds).zip(&mut row) {
            if matches!(kind, Kind::Continuous) {
                let domain = &space.params()[place].domain;
                if domain.axis() != Axis::Continuous {
                    *at = domain.encode(&domain.decode(*at));
                }
            }
        }
        row
    }
}
