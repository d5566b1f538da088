use tuner::space::tunable;

struct Block;

#[tunable]
struct Net {
    #[hp(len = 1..=3)]
    blocks: Vec<Block>,
}

fn main() {}
