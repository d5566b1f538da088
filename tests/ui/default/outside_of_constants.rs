use tuner::space::tunable;

const MOST: usize = 9;

#[tunable]
struct Net {
    #[hp(int = 1..=MOST, default = 10)]
    layers: usize,
    #[hp(float = 0.0..=1.0, default = 2.0 / 0.0)]
    rate: f64,
}

fn main() {}
