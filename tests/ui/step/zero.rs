use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=5, step = 0)]
    units: usize,
}

fn main() {}
