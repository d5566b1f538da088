use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(len = 3..=1, float = 1.0..=0.0, log, step = 0.0, stp = 2)]
    rates: Vec<f64>,
    #[hp(float = 0.0..=1.0, log, default = 2)]
    rate: f64,
    #[hp(int = 9..1)]
    units: Option<usize>,
}

fn main() {}
