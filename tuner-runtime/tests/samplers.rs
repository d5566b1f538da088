//! Every sampler holds to the contract.

extern crate tuner_runtime as tuner;

use tuner::sampler::{Auto, CmaEs, Grid, Nsga2, Random, Sobol, Tpe};
use tuner::testing::sampler_contract;

#[test]
fn random_and_grid() {
    sampler_contract(Random::new);
    sampler_contract(Grid::new);
    sampler_contract(|| Grid::new().points(3));
}

#[test]
fn sobol_and_the_evolutionary_ones() {
    sampler_contract(Sobol::new);
    sampler_contract(CmaEs::new);
    sampler_contract(Nsga2::new);
}

#[test]
fn tpe() {
    sampler_contract(Tpe::new);
}

#[test]
fn auto() {
    sampler_contract(Auto::new);
}

#[cfg(feature = "gp")]
#[test]
fn gp() {
    sampler_contract(tuner::sampler::Gp::new);
}
