use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9 log)]
    units: usize,
}

fn main() {}
