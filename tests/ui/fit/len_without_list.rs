use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(len = 1..=3, int = 1..=9)]
    units: usize,
}

fn main() {}
