//! Quasi-random search: points that fill the space more evenly than random ones.

use serde_json::json;

use super::random::unseen;
use super::{Ask, SampleError, Sampler, Suggestion, varied};
use crate::math::sobol::Sobol as Sequence;
use crate::space::Space;
use crate::trial::Goal;

/// Points of a sequence that were tried already, after which a random one is taken.
const REPEATS: u64 = 64;

/// The points of a scrambled Sobol sequence, one dimension a parameter.
///
/// Each trial depends on the seed and on the points before it alone, so any number of workers gives
/// the same trials. While there are points that no trial had, each is new.
///
/// Sources: S. Joe and F. Kuo (2008) for the directions, see [`crate::math::sobol`] for the scrambling.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sobol;

impl Sobol {
    /// Quasi-random search.
    pub fn new() -> Self {
        Self
    }
}

fn too_many(fault: impl std::fmt::Display) -> SampleError {
    SampleError::Space(format!(
        "{fault}; use the random sampler for so many parameters"
    ))
}

impl Sampler for Sobol {
    fn name(&self) -> String {
        "sobol".to_owned()
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        let space = ask.space();
        let places = varied(space);
        let sequence = Sequence::scrambled_for_few(places.len().max(1), &mut ask.study_rng())
            .map_err(too_many)?;
        // What another sampler remembered, before this one went on with the study, says nothing of a place.
        let start = ask.memo().and_then(|memo| memo.get("next")?.as_u64());
        let start = start.unwrap_or(0);
        let mut units = vec![0.5; space.len()];
        for index in start..start + REPEATS {
            let coordinates = sequence.point(index);
            for (&place, &unit) in places.iter().zip(&coordinates) {
                units[place] = unit;
            }
            let point = space.decode(&units);
            if !ask.history.contains(&point) {
                return Ok(Suggestion {
                    point,
                    memo: Some(json!({"next": index + 1})),
                });
            }
        }
        let point = unseen(ask.history, &mut ask.rng());
        Ok(Suggestion {
            point,
            memo: Some(json!({"next": start + REPEATS})),
        })
    }

    fn plan(&self, space: &Space, _: &[Goal]) -> Result<Option<u128>, SampleError> {
        Sequence::new(varied(space).len().max(1)).map_err(too_many)?;
        Ok(None)
    }
}
