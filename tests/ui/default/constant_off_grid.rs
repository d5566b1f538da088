use tuner::space::tunable;

const OUTSIDE: usize = 20;
const BETWEEN: usize = 4;

#[tunable]
struct Net {
    #[hp(int = 1..=9, step = 2, default = OUTSIDE)]
    units: usize,
    #[hp(int = 1..=9, step = 2, default = BETWEEN)]
    width: usize,
}

fn main() {}
