use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(choice = [1, 2], step = 1)]
    units: usize,
}

fn main() {}
