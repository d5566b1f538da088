use tuner::space::tunable;

const LOW: usize = 64;
const HIGH: usize = 32;
const RATES: [f64; 2] = [0.1, 0.1];

struct Block;

#[tunable]
struct Net {
    #[hp(int = LOW..=HIGH)]
    reversed: usize,
    #[hp(int = 1..=10, step = HIGH)]
    step: usize,
    #[hp(choice = RATES)]
    twice: f64,
    #[hp(int = 1..=10, default = LOW)]
    default: usize,
    #[hp]
    block: Block,
}

fn main() {}
