use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 512..=32)]
    units: usize,
}

fn main() {}
