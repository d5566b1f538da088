//! The memory of a process that trains one network after the other does not grow.
#![cfg(all(feature = "dfdx", target_os = "linux"))]

use std::ops::ControlFlow;

use tuner_runtime::train::{Activation, Data, Fit, Metric, Sequential, Steps};

/// Bytes of memory that the process holds.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux has this file");
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|field| field.parse::<usize>().ok());
    pages.expect("the second field is a number") * 4096
}

#[test]
fn two_hundred_trainings_take_no_more_memory_than_twenty() {
    let inputs: Vec<f32> = (0..64 * 80).map(|i| (i as f32).sin()).collect();
    let labels: Vec<u8> = (0..64).map(|i| i % 2).collect();
    let data = Data::classes(inputs, [5, 16], &labels).expect("the sizes fit");
    let train = |seed: u64| {
        // Every network has other sizes, as in a search.
        let units = 8 + (seed as usize * 7) % 90;
        let net = Sequential::input([5, 16])
            .lstm(units, Steps::All)
            .flatten()
            .dense(2 * units, Activation::Relu)
            .dropout(0.1)
            .dense(2, Activation::Linear);
        let fit = Fit::new(net).metric(Metric::Accuracy).epochs(2);
        // On threads of their own and on this one.
        let run = || {
            fit.train(seed, &data, &data, &mut |_| ControlFlow::Continue(()))
                .map(|_| ())
        };
        let result = match seed % 2 {
            0 => run(),
            _ => std::thread::scope(|scope| scope.spawn(run).join().expect("no panic")),
        };
        result.expect("the network fits the data");
    };
    (0..90).for_each(train);
    let before = resident();
    (90..290).for_each(train);
    let after = resident();
    let grown = after.saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} bytes more after 200 trainings");
    // The measure would have seen a leak of less than the weights of one of these networks each.
    let leaked: Vec<Vec<f32>> = (0..200).map(|_| vec![1.0; 40_000]).collect();
    assert!(resident() - after > 4 << 20, "{} arrays", leaked.len());
}
