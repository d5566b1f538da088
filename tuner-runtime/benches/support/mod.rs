//! What the training benchmarks share.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

use tuner_runtime::train::{Data, Fit};

/// Seconds of the best of four epochs after a first: other programs only make an epoch slower.
pub(crate) fn best_epoch(fit: &Fit, data: &Data) -> f64 {
    let trained = fit
        .clone()
        .epochs(5)
        .train(1, data, None, &mut |_| ControlFlow::Continue(()))
        .expect("the network fits the data");
    let epochs = trained.history.epochs[1..].iter();
    epochs.map(|epoch| epoch.seconds).fold(f64::MAX, f64::min)
}

/// The best speed of a product of 1024 by 1024 matrices, in operations a second.
pub(crate) fn peak_flops() -> f64 {
    const SIZE: usize = 1024;
    let a = vec![0.5f32; SIZE * SIZE];
    let b = vec![0.25f32; SIZE * SIZE];
    let mut c = vec![0.0f32; SIZE * SIZE];
    let once = || {
        let start = Instant::now();
        // SAFETY: the three arrays hold SIZE * SIZE numbers, `c` is borrowed mutably.
        unsafe {
            gemm::gemm(
                SIZE,
                SIZE,
                SIZE,
                c.as_mut_ptr(),
                1,
                SIZE as isize,
                false,
                a.as_ptr(),
                1,
                SIZE as isize,
                b.as_ptr(),
                1,
                SIZE as isize,
                0.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
        black_box(&mut c);
        start.elapsed().as_secs_f64()
    };
    let best = std::iter::repeat_with(once)
        .take(20)
        .fold(f64::MAX, f64::min);
    let peak = 2.0 * (SIZE as f64).powi(3) / best;
    println!("large matrix product: {:.1} GFLOP/s", peak / 1e9);
    peak
}
