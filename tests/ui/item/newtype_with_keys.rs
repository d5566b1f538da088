use tuner::space::tunable;

#[tunable]
enum Optimizer {
    Adam,
    Sgd(#[hp(float = 0.0..=0.9)] f64),
}

fn main() {}
