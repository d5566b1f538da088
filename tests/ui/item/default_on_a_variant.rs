use tuner::space::tunable;

#[tunable]
enum Optimizer {
    Sgd,
    #[hp(default)]
    Adam,
}

fn main() {}
