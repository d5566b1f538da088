use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 0..=300)]
    units: u8,
}

fn main() {}
