use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9, name = "a.b")]
    units: usize,
}

fn main() {}
