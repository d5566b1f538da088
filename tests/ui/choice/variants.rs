use tuner::space::tunable;

#[tunable]
enum Activation {
    Relu,
    Tanh,
}

#[tunable]
struct Net {
    #[hp(choice = [Activation::Relu, Activation::Tanh])]
    activation: Activation,
}

fn main() {}
