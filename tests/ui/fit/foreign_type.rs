use std::time::Duration;
use tuner::space::tunable;

const RATE: f64 = 0.5;

#[tunable]
struct Net {
    #[hp(float = RATE..=1.0, step = 0.5, default = RATE)]
    wait: Duration,
}

#[tunable]
enum Pause {
    Never,
    For {
        #[hp(choice = [0.0, 1.0], default = 1.0)]
        time: Duration,
    },
}

fn main() {}
