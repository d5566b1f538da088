use tuner::space::{Tunable, tunable};

type Width = u8;
type Widths = Vec<usize>;
type Name = String;

#[tunable]
struct Block {
    #[hp]
    on: bool,
}

#[tunable]
enum Part {
    Block(Block),
    Nothing,
}

#[tunable]
struct Net {
    #[hp(int = 1..3)]
    width: Width,
    #[hp(len = 1..=2, int = 1..3)]
    widths: Widths,
    #[hp(choice = ["a", "a"])]
    name: Name,
    #[hp]
    blocks: Vec<Block>,
    #[hp]
    part: Part,
}

fn main() {
    let mut space = Net::space();
    space.width.fix(1).unwrap();
    space.widths.len.fix(1).unwrap();
    space.name.only(["a"]).unwrap();
    space.blocks.each.on.fix(true).unwrap();
    space.part.Block.on.fix(true).unwrap();
}
