//! Grid search: every configuration once, conditional ones exactly.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value as Json, json};

use super::{Ask, SampleError, Sampler, Suggestion};
use crate::space::{Enumeration, Space};
use crate::trial::Goal;

/// Every point of the space in declared order, the last parameter fastest.
///
/// A parameter that is inactive is not varied: the points are exactly the different
/// configurations. A float without a step has no end of values and needs a number of points.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::sampler::{Grid, Sampler};
/// use tuner::space::{Domain, FloatDomain, Space};
/// let mut space = Space::builder();
/// space.push("rate", Domain::Float(FloatDomain::new(0.0, 1.0)?), None, None);
/// space.push("bias", Domain::Bool, None, None);
/// let space = space.build()?;
/// assert_eq!(Grid::new().points(5).plan(&space, &[])?, Some(10));
/// assert!(Grid::new().plan(&space, &[]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Grid {
    points: Option<usize>,
    /// The points of the space that was asked for last: a long list is made once. It decides nothing.
    listed: Arc<Mutex<Option<Listed>>>,
}

/// Without the list, which may be long.
impl fmt::Debug for Grid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut grid = out.debug_struct("Grid");
        grid.field("points", &self.points).finish_non_exhaustive()
    }
}

/// A space and its points.
type Listed = (Space, Arc<Enumeration>);

impl Grid {
    /// Every point of a space without continua.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tries this many values of each float without a step, evenly spread over its scale; at most a million.
    #[must_use]
    pub fn points(self, count: usize) -> Self {
        Self {
            points: Some(count),
            ..Self::default()
        }
    }

    fn enumeration(&self, space: &Space) -> Result<Arc<Enumeration>, SampleError> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, all)) = &*listed
            && known == space
        {
            return Ok(all.clone());
        }
        let all = Arc::new(self.list(space)?);
        *listed = Some((space.clone(), all.clone()));
        Ok(all)
    }

    fn list(&self, space: &Space) -> Result<Enumeration, SampleError> {
        let spread = match self.points {
            None => None,
            Some(0) => {
                return Err(SampleError::Space(
                    "the grid has 0 points of each float; write at least 1: Grid::new().points(5)"
                        .to_owned(),
                ));
            }
            Some(count) => Some(
                space
                    .discretized(count)
                    .map_err(|fault| SampleError::Space(format!("the grid: {fault}")))?,
            ),
        };
        let finite = spread.as_ref().unwrap_or(space);
        finite.enumeration().ok_or_else(|| {
            let endless = finite
                .params()
                .iter()
                .find(|param| param.domain.count().is_none());
            match endless {
                Some(param) => SampleError::Endless {
                    name: param.name.to_string(),
                    domain: param.domain.to_string(),
                },
                None => SampleError::Space(
                    "a grid cannot list this space: it has more than 2^128 points; narrow its ranges, \
                     give its numbers larger steps, or take another sampler"
                        .to_owned(),
                ),
            }
        })
    }
}

impl Sampler for Grid {
    fn name(&self) -> String {
        match self.points {
            None => "grid".to_owned(),
            Some(points) => format!("grid(points = {points})"),
        }
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        let all = self.enumeration(ask.space())?;
        // The place is remembered as text: JSON numbers end at 64 bits.
        let read = |memo: &Json, key: &str| memo.get(key)?.as_str()?.parse::<u128>().ok();
        let since = ask.history.changed();
        let next = match ask.memo() {
            // Counted in the list as it was before a change: begin anew and skip what was tried.
            Some(memo) if memo.get("since").and_then(Json::as_u64).unwrap_or(0) != since => Some(0),
            Some(memo) => read(memo, "next"),
            None => Some(0),
        };
        let mut next = next.ok_or_else(|| SampleError::Memo {
            sampler: "grid",
            fault: "it does not say the next point".to_owned(),
        })?;
        while let Some(point) = all.point(next) {
            next += 1;
            // Points of the discretised space carry its names; the study's space gives its own.
            let point = ask
                .space()
                .adopt(&point)
                .map_err(|fault| SampleError::Space(fault.to_string()))?;
            if !ask.history.contains(&point) {
                let memo = json!({"next": next.to_string(), "since": since});
                return Ok(Suggestion {
                    point,
                    memo: Some(memo),
                });
            }
        }
        Err(SampleError::Exhausted { count: all.len() })
    }

    fn plan(&self, space: &Space, _: &[Goal]) -> Result<Option<u128>, SampleError> {
        self.enumeration(space).map(|all| Some(all.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(high: f64) -> Space {
        let axis = json!([{"name": "x", "type": "float", "low": 0.0, "high": high}]);
        Space::from_json(&axis).expect("a sound space").0
    }

    #[test]
    fn each_space_and_each_count_has_a_list_of_its_own() {
        let grid = Grid::new().points(3);
        let last = |grid: &Grid, high, index| {
            let all = grid.enumeration(&line(high)).expect("a list");
            all.point(index).map(|point| point.to_string())
        };
        assert_eq!(last(&grid, 1.0, 2).as_deref(), Some("x = 1.0"));
        assert_eq!(last(&grid, 2.0, 2).as_deref(), Some("x = 2.0"));
        assert_eq!(last(&grid, 1.0, 3), None);
        assert_eq!(
            last(&grid.clone().points(5), 1.0, 4).as_deref(),
            Some("x = 1.0")
        );
    }

    #[test]
    fn more_points_than_memory_holds_are_refused() {
        let plan = Grid::new().points(1_000_000_000_000).plan(&line(1.0), &[]);
        let fault = plan.expect_err("too many").to_string();
        let told =
            "the grid: `x`: 1000000000000 points are too many to list; write at most 1000000";
        assert_eq!(fault, told);
    }
}
