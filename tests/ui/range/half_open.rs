use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 32..)]
    units: usize,
}

fn main() {}
