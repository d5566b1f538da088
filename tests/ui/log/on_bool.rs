use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(log)]
    bias: bool,
}

fn main() {}
