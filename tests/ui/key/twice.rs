use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9, step = 2, step = 4)]
    units: usize,
}

fn main() {}
