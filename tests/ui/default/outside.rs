use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9, default = 10)]
    units: usize,
}

fn main() {}
