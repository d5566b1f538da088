use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 0.5..=3.0)]
    units: usize,
}

fn main() {}
