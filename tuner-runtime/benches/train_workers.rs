//! How many trials two workers run in the time of one: equal trainings, by a search with each.
//!
//! `cargo bench -p tuner-runtime --features dfdx --bench train_workers`
//!
//! Each round runs both searches, so that other programs disturb them alike; the best of each counts.

use std::time::Instant;

use tuner_runtime::math::rng::Rng;
use tuner_runtime::sampler::Random;
use tuner_runtime::search::{Execution, Progress, Tuner};
use tuner_runtime::space::tunable;
use tuner_runtime::train::{Activation, Adam, Data, Fit, Loss, Sequential};
use tuner_runtime::trial::Objective;

const TRIALS: u64 = 8;
const ROUNDS: usize = 5;
const IMAGES: usize = 20_000;

/// What varies leaves the work the same.
#[tunable(crate = tuner_runtime)]
struct Rate {
    #[hp(float = 1e-4..=1e-2, log)]
    rate: f64,
}

fn main() {
    let mut rng = Rng::new(1);
    let inputs: Vec<f32> = (0..IMAGES * 784).map(|_| rng.unit() as f32).collect();
    let labels: Vec<u8> = (0..IMAGES).map(|_| rng.below(10) as u8).collect();
    let data = Data::classes(inputs, [784], &labels).expect("the sizes fit");
    let mut best = [f64::MAX; 2];
    for _ in 0..ROUNDS {
        for (seconds, workers) in best.iter_mut().zip([1, 2]) {
            *seconds = seconds.min(search(&data, workers));
        }
    }
    println!("{TRIALS} trainings, one worker:  {:.2} s", best[0]);
    println!("{TRIALS} trainings, two workers: {:.2} s", best[1]);
    println!("trials of two for one:  {:.2}", best[0] / best[1]);
}

/// Seconds of a search with so many workers.
fn search(data: &Data, workers: usize) -> f64 {
    let builder = Tuner::<Rate>::builder()
        .sampler(Random::new())
        .objective(Objective::minimize("loss"))
        .max_trials(TRIALS)
        .workers(workers)
        .progress(Progress::Silent);
    let mut tuner = builder.build().expect("the settings make sense");
    let start = Instant::now();
    let run = |run: &mut Execution, hp: Rate| {
        let net = Sequential::input([784])
            .dense(128, Activation::Relu)
            .dense(10, Activation::Linear);
        let fit = Fit::new(net).loss(Loss::CrossEntropy);
        fit.optimizer(Adam::new(hp.rate))
            .epochs(2)
            .run(run, data, None)
    };
    tuner.search(run).expect("every training succeeds");
    start.elapsed().as_secs_f64()
}
