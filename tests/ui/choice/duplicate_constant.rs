use tuner::space::tunable;

const SIZES: [usize; 3] = [1, 2, 1];

#[tunable]
struct Net {
    #[hp(choice = SIZES)]
    size: usize,
}

fn main() {}
