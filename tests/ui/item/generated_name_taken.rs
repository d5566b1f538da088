use tuner::space::tunable;

#[tunable(space = NetBuilder)]
struct Net {
    #[hp]
    bias: bool,
}

#[tunable(builder = MlpSpace)]
struct Mlp {
    #[hp]
    bias: bool,
}

#[tunable(space = OptimizerVariant)]
enum Optimizer {
    Adam,
    Sgd {
        #[hp]
        nesterov: bool,
    },
}

fn main() {}
