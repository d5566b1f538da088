use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 32..512)]
    units: usize,
}

fn main() {}
