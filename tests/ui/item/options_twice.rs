use tuner::space::{Tunable, tunable};

#[tunable(space = Narrow)]
#[hp(builder = Make)]
struct Net {
    #[hp]
    bias: bool,
}

fn main() {
    let _: Narrow = Net::space();
}
