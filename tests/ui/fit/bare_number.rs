use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp]
    units: usize,
}

fn main() {}
