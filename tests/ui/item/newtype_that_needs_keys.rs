use tuner::space::tunable;

#[tunable]
struct Block {
    #[hp]
    bias: bool,
}

#[tunable]
enum Layer {
    Dense(#[hp] u8),
    Dropout(f64),
    Init(#[hp] String),
    Blocks(#[hp] Vec<Block>),
    Last(#[hp] Option<Block>),
    Pair(#[hp] [Block; 2]),
    Bias(#[hp] bool),
}

fn main() {}
