use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9, stp = 2)]
    units: usize,
}

fn main() {}
