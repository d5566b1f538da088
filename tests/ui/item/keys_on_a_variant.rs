use tuner::space::tunable;

#[tunable]
enum Optimizer {
    #[hp(int = 1..=9)]
    Adam,
    Sgd,
}

fn main() {}
