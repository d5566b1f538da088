use tuner::space::tunable;

const NAN: f64 = f64::NAN;

#[tunable]
struct Net {
    #[hp(float = NAN..=1.0, log, step = 10.0, default = 0.1)]
    nan: f64,
    #[hp(float = f64::NEG_INFINITY..=1.0, log, step = 10.0)]
    infinite: f64,
}

fn main() {}
