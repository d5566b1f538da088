use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 1..2)]
    rate: f64,
    #[hp(int = 1.0..9.0)]
    units: usize,
}

fn main() {}
