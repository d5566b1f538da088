use tuner::space::tunable;

const LOW: f64 = -1.0;

#[tunable]
struct Net {
    #[hp(float = LOW..=1.0, log)]
    rate: f64,
}

fn main() {}
