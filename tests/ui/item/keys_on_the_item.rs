use tuner::space::tunable;

#[tunable]
#[hp(int = 1..=9)]
struct Net {
    #[hp]
    bias: bool,
}

#[tunable]
#[hp]
struct Bare {
    #[hp]
    bias: bool,
}

fn main() {}
