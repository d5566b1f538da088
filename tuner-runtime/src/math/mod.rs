//! Numbers in, numbers out: nothing here knows of spaces or trials.

pub mod cmaes;
pub(crate) mod exp;
pub mod forest;
pub mod fronts;
pub mod hypervolume;
pub mod lbfgs;
pub mod normal;
pub mod partition;
pub mod rng;
pub mod sobol;
pub mod transform;
