use tuner::space::tunable;

#[tunable]
enum Optimizer {
    #[hp]
    Plain,
    #[hp]
    Sgd {
        #[hp]
        nesterov: bool,
    },
}

fn main() {}
