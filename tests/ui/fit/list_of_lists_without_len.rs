use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9)]
    grid: Vec<Vec<usize>>,
}

fn main() {}
