use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9)]
    units: Vec<usize>,
}

fn main() {}
