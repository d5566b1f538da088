use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = -1..=3)]
    units: usize,
}

fn main() {}
