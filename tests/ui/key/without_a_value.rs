use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int)]
    units: usize,
}

fn main() {}
