use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(fixed = 10, step = 2)]
    units: usize,
}

fn main() {}
