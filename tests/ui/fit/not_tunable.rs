use tuner::space::tunable;

struct Block;

#[tunable]
struct Net {
    #[hp]
    block: Block,
}

fn main() {}
