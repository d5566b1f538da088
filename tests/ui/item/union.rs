use tuner::space::tunable;

#[tunable]
union Net {
    units: usize,
}

fn main() {}
