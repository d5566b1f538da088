use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9, log = false)]
    units: usize,
}

fn main() {}
