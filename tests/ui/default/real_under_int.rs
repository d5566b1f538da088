use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9, default = 2.0)]
    units: usize,
    #[hp(int = 1..=9, step = 2, default = 11.5)]
    width: usize,
    #[hp(float = 1.0..=9.0, default = 11)]
    rate: f64,
}

fn main() {}
