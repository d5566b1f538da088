use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 1.0..=1e400, log, step = 10.0)]
    rate: f64,
    #[hp(float = 1e-50..=1.0, log)]
    too_small: f32,
}

fn main() {}
