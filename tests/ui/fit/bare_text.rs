use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp]
    init: String,
}

fn main() {}
