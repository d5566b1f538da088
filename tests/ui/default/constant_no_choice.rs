use tuner::space::tunable;

const SIZE: usize = 3;

#[tunable]
struct Net {
    #[hp(choice = [1, 2, 4], default = SIZE)]
    size: usize,
}

fn main() {}
