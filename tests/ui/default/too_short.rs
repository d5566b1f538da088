use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(len = 2..=4, int = 1..=9, default = [3])]
    units: Vec<usize>,
}

fn main() {}
