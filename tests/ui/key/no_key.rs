use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(1..=9)]
    units: usize,
    #[hp(int = 1..=9,, log)]
    batch: usize,
}

fn main() {}
