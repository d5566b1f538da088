//! What the training benchmarks share.
// There is not something of dfdx's to compare every one of them with.
#![allow(dead_code)]

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

use tuner_runtime::train::{Data, Fit};

/// dfdx splits its products over rayon's threads: one, as ours.
pub(crate) fn one_thread() -> rayon::ThreadPool {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(1);
    let pool = builder.use_current_thread().build();
    pool.expect("this thread is in no pool yet")
}

/// What `measure` says, unless the program was called with `-- ours`.
pub(crate) fn unless_ours_alone(measure: impl FnOnce() -> f64) -> Option<f64> {
    let alone = std::env::args().any(|argument| argument == "ours");
    (!alone).then(measure)
}

/// Seconds an epoch.
pub(crate) fn print_row(batch: usize, ours: f64, dfdx: Option<f64>, limit: f64) {
    let (dfdx, ratio) = match dfdx {
        Some(seconds) => (format!("{seconds:.3}"), format!("{:.2}", ours / seconds)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    println!("batch     ours     dfdx    ratio    limit   (seconds an epoch)");
    println!("{batch:5} {ours:8.3} {dfdx:>8} {ratio:>8} {limit:8.3}");
}

/// Seconds of the best of four epochs after a first: other programs only make an epoch slower.
/// Prints where the time of all five went.
pub(crate) fn best_epoch(fit: &Fit, data: &Data) -> f64 {
    let trained = fit
        .clone()
        .epochs(5)
        .train(1, data, None, &mut |_| ControlFlow::Continue(()))
        .expect("the network fits the data");
    println!("{}", trained.profile);
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
