use tuner::space::tunable;

#[tunable]
struct Adam {
    #[hp]
    amsgrad: bool,
}

#[tunable]
enum Optimizer {
    Adam(Adam),
    Sgd,
}

fn main() {}
