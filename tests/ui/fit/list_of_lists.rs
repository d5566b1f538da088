use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(len = 1..=2, int = 1..=9)]
    grid: Vec<Vec<usize>>,
}

fn main() {}
