//! Samplers by the names that programs and command lines give them.

use super::{Auto, CmaEs, Grid, Nsga2, Random, Sampler, Sobol, Tpe};

/// The samplers that [`by_name`] knows, each with its default settings.
pub const NAMES: &[&str] = &[
    "auto",
    "random",
    "grid",
    "sobol",
    "tpe",
    "cmaes",
    "nsga2",
    #[cfg(feature = "gp")]
    "gp",
];

/// A name that no sampler has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no sampler named `{name}`; write one of {}", NAMES.join(", "))]
pub struct UnknownSampler {
    /// The name as given.
    pub name: String,
}

/// The sampler with this name. A grid tries `points` values of each float without a step, where that
/// is given.
///
/// # Errors
/// When no sampler has the name.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::sampler::{Sampler, by_name};
/// assert_eq!(by_name("tpe", None)?.name(), "tpe");
/// assert!(by_name("magic", None).is_err());
/// # Ok::<(), tuner::sampler::UnknownSampler>(())
/// ```
pub fn by_name(name: &str, points: Option<usize>) -> Result<Box<dyn Sampler>, UnknownSampler> {
    Ok(match name {
        "auto" => Box::new(Auto::new()),
        "random" => Box::new(Random::new()),
        "grid" => match points {
            Some(points) => Box::new(Grid::new().points(points)),
            None => Box::new(Grid::new()),
        },
        "sobol" => Box::new(Sobol::new()),
        "tpe" => Box::new(Tpe::new()),
        "cmaes" => Box::new(CmaEs::new()),
        "nsga2" => Box::new(Nsga2::new()),
        #[cfg(feature = "gp")]
        "gp" => Box::new(super::Gp::new()),
        _ => {
            return Err(UnknownSampler {
                name: name.to_owned(),
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_known() {
        for name in NAMES {
            let sampler = by_name(name, None).unwrap();
            assert!(sampler.name().starts_with(name));
        }
        let error = by_name("tpa", None).err().unwrap().to_string();
        assert!(
            error.contains("`tpa`") && error.contains("sobol"),
            "{error}"
        );
    }
}
