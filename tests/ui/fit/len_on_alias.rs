use tuner::space::tunable;

type Width = usize;

#[tunable]
struct Net {
    #[hp(len = 1..=3, int = 1..=9)]
    units: Width,
}

fn main() {}
