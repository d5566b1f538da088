use tuner::space::{Handle, Tunable, tunable};

#[tunable]
enum Optimizer {
    Adam {
        #[hp(float = 0.8..0.99)]
        beta1: f64,
    },
    Sgd {
        #[hp]
        nesterov: bool,
    },
    Plain(bool, bool),
}

#[tunable]
enum Activation {
    #[hp]
    Relu,
    Tanh,
}

#[tunable]
struct Net {
    #[hp]
    optimizer: Optimizer,
    #[hp]
    activation: Activation,
    #[hp(int = 1..10)]
    units: usize,
    #[hp(len = 1..3, choice = ["a", "b"])]
    names: Vec<String>,
    rates: Option<f32>,
    #[hp(int = 1..=3)]
    strides: [u8; Self::FEW],
}

impl Net {
    const FEW: usize = 2;
}

fn main() {
    let mut space = Net::space();
    space.optimizer.only([OptimizerVariant::Sgd, OptimizerVariant::Plain]).unwrap();
    space.optimizer.Sgd.nesterov.fix(true).unwrap();
    space.optimizer.Adam.beta1.narrow(0.8..=0.9).unwrap();
    space.activation.only([Activation::Tanh]).unwrap();
    space.units.narrow(1..=2).unwrap();
    space.names.each.only(["a"]).unwrap();
    space.rates.some.narrow(0.1..=0.2).unwrap();
    let net = space.builder().units(3).strides([1, 2]).build().unwrap();
    let _ = (net.units, Optimizer::space().first());
}
