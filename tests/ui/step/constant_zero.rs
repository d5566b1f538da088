use tuner::space::tunable;

const STEP: usize = 0;

#[tunable]
struct Net {
    #[hp(int = 0..=10, step = STEP)]
    units: usize,
}

fn main() {}
