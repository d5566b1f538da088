use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9)]
    pair: (usize, usize),
}

fn main() {}
