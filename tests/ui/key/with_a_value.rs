use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9, log = true)]
    units: usize,
}

fn main() {}
