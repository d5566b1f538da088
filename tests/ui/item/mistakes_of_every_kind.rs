use tuner::space::tunable;

const LOW: usize = 64;
const HIGH: usize = 32;

type Rate = f64;

struct Block;

#[tunable]
struct Net {
    #[hp(int = 1..10)]
    half_open: usize,
    #[hp(int = LOW..=HIGH)]
    reversed: usize,
    #[hp(int = 1..=HIGH, default = 64)]
    default: usize,
    #[hp(choice = [LOW, LOW])]
    twice: usize,
    #[hp]
    block: Block,
    #[hp(int = 1..=9)]
    alias: Rate,
    #[hp(fixed = "ten")]
    classes: usize,
    missing: bool,
}

fn main() {}
