use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(range = 1..=9)]
    units: usize,
}

fn main() {}
