use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9)]
    width: Width,
    #[hp(len = 1..=3, choice = ["he", "glorot"])]
    inits: Inits,
    #[hp]
    block: blocks::Block,
}

#[tunable]
enum Optimizer {
    Sgd {
        #[hp(float = 0.0..=0.9, default = 0.5)]
        momentum: Momentum,
    },
    Adam(#[hp] AdamParams),
}

fn main() {}
