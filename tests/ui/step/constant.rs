use tuner::space::tunable;

const STEP: f64 = 0.3;

#[tunable]
struct Net {
    #[hp(float = 0.0..=1.0, step = STEP)]
    rate: f64,
}

fn main() {}
