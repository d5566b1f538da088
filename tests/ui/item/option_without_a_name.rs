use tuner::space::tunable;

#[tunable(space)]
struct Net {
    #[hp]
    bias: bool,
}

#[tunable(builder = "Make")]
struct Mlp {
    #[hp]
    bias: bool,
}

fn main() {}
