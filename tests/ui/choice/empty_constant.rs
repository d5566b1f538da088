use tuner::space::tunable;

const SIZES: [usize; 0] = [];

#[tunable]
struct Net {
    #[hp(choice = SIZES)]
    size: usize,
}

fn main() {}
