use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9)]
    units: usize,
    #[hp(int = 1..=9, name = "units")]
    width: usize,
}

fn main() {}
