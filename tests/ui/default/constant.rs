use tuner::space::tunable;

const RATE: f64 = 0.9;

#[tunable]
struct Net {
    #[hp(float = 0.0..=0.5, default = RATE)]
    rate: f64,
}

fn main() {}
