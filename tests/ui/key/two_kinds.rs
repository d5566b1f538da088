use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=3, choice = [1, 2])]
    units: usize,
}

fn main() {}
