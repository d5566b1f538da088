use tuner::space::tunable;

const LIMIT: f64 = 3.0;

#[tunable]
struct Net {
    #[hp(int = 1..=LIMIT)]
    units: usize,
}

fn main() {}
