use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = f64::NAN..=1.0)]
    rate: f64,
}

fn main() {}
