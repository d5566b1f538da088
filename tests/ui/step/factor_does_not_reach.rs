use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 16..=1000, log, step = 2)]
    batch: usize,
}

fn main() {}
