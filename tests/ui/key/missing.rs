use tuner::space::tunable;

#[tunable]
struct Net {
    units: usize,
}

fn main() {}
