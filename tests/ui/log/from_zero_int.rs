use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 0..=10, log)]
    units: usize,
}

fn main() {}
