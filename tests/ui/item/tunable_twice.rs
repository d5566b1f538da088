use tuner::space::{Tunable, tunable};

#[tunable]
#[tunable]
struct Net {
    #[hp]
    bias: bool,
}

#[tunable]
#[derive(Debug, Tunable)]
struct Before {
    #[hp]
    bias: bool,
}

#[derive(Tunable)]
#[tunable]
struct After {
    #[hp]
    bias: bool,
}

fn main() {}
