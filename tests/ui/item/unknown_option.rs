use tuner::space::tunable;

#[tunable(spcae = Space)]
struct Net {
    #[hp]
    bias: bool,
}

fn main() {}
