use tuner::space::{Tunable, tunable};

#[tunable]
enum Activation {
    Relu,
    Tanh,
}

fn main() {
    let _ = Activation::builder();
}
