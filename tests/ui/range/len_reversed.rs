use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(len = 3..=1, int = 1..=4)]
    units: Vec<usize>,
}

fn main() {}
