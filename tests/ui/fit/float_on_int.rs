use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 0.0..=1.0)]
    units: usize,
}

fn main() {}
