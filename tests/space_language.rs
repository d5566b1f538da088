//! The language of `#[tunable]` as users write it: every kind of field, nested to any depth.
#![allow(missing_docs, unreachable_pub, reason = "the items are examples")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use tuner::space::{Handle, SpaceError, Tunable, tunable};

#[tunable]
#[derive(Debug, Clone, PartialEq)]
pub struct Mlp {
    /// Hidden layers, each with its own width.
    #[hp(len = 1..=3, int = 32..=512, step = 32)]
    pub units: Vec<usize>,
    #[hp(choice = [1e-2, 1e-3, 1e-4])]
    pub learning_rate: f64,
    #[hp(int = 16..=1024, log, step = 2)]
    pub batch: usize,
    #[hp(float = 1e-6..=1e-2, log, default = 1e-4)]
    pub weight_decay: f64,
    #[hp(float = 0.0..=0.5, step = 0.1)]
    pub noise: f64,
    #[hp(choice = ["he", "glorot"])]
    pub init: &'static str,
    #[hp(optional, float = 0.05..=0.5)]
    pub dropout: Option<f64>,
    #[hp]
    pub bias: bool,
    #[hp]
    pub activation: Activation,
    #[hp]
    pub optimizer: Optimizer,
    #[hp(fixed = 10)]
    pub classes: usize,
}

#[tunable]
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    Relu,
    Tanh,
    Gelu,
}

#[tunable]
#[derive(Debug, Clone, PartialEq)]
pub enum Optimizer {
    Adam {
        #[hp(float = 0.8..=0.99)]
        beta1: f64,
    },
    Sgd {
        #[hp(float = 0.0..=0.99)]
        momentum: f64,
        #[hp]
        nesterov: bool,
    },
}

#[test]
fn every_kind_of_field_has_its_parameters() {
    let space = Mlp::space().flatten().unwrap();
    let names: Vec<&str> = space.params().iter().map(|param| &*param.name).collect();
    assert_eq!(
        names,
        [
            "units.len",
            "units[0]",
            "units[1]",
            "units[2]",
            "learning_rate",
            "batch",
            "weight_decay",
            "noise",
            "init",
            "dropout",
            "dropout.some",
            "bias",
            "activation",
            "optimizer",
            "optimizer.Adam.beta1",
            "optimizer.Sgd.momentum",
            "optimizer.Sgd.nesterov",
        ]
    );
}

#[test]
fn a_builder_starts_from_the_defaults_and_lists_every_fault() {
    let mlp = Mlp::builder().units(vec![64]).build().unwrap();
    assert_eq!(mlp.units, [64]);
    assert_eq!(mlp.learning_rate, 1e-2);
    assert_eq!(mlp.batch, 128);
    assert_eq!(mlp.weight_decay, 1e-4);
    assert_eq!(mlp.init, "he");
    assert_eq!(mlp.dropout, None);
    assert_eq!(mlp.activation, Activation::Relu);
    assert_eq!(mlp.optimizer, Optimizer::Adam { beta1: 0.895 });
    assert_eq!(mlp.classes, 10);
    let error = Mlp::builder()
        .units(vec![33, 64])
        .batch(48)
        .dropout(Some(0.9))
        .build()
        .unwrap_err();
    let faulty: Vec<&str> = error.faults().iter().map(|fault| fault.name()).collect();
    assert_eq!(faulty, ["units[0]", "batch", "dropout.some"]);
}

#[test]
fn values_and_points_are_exact_both_ways() {
    let space = Mlp::space();
    let flat = space.flatten().unwrap();
    let mut rng = tuner::math::rng::Rng::new(1);
    for _ in 0..200 {
        let point = flat.sample(&mut rng);
        let value = space.decode(&point).unwrap();
        assert_eq!(value.to_point().unwrap(), point);
        let text = serde_json::to_string(&point).unwrap();
        let read = serde_json::from_str(&text).unwrap();
        assert_eq!(Mlp::from_point(&read).unwrap(), value);
    }
}

#[test]
fn handles_narrow_every_part() {
    let mut space = Mlp::space();
    space.units.len.narrow(1..=2).unwrap();
    space.units.each.fix(64).unwrap();
    space.learning_rate.only([1e-3, 1e-4]).unwrap();
    space.batch.narrow(20..=200).unwrap();
    space.weight_decay.fix(1e-5).unwrap();
    space.noise.narrow(0.15..=0.4).unwrap();
    space.init.fix("glorot").unwrap();
    space.dropout.off().unwrap();
    space.bias.fix(true).unwrap();
    space
        .activation
        .only([Activation::Relu, Activation::Gelu])
        .unwrap();
    space.optimizer.only([OptimizerVariant::Sgd]).unwrap();
    space.optimizer.Sgd.momentum.fix(0.9).unwrap();
    assert_eq!(space.cardinality(), Some(2 * 2 * 3 * 3 * 2 * 2));
    let value = space.builder().build().unwrap();
    assert_eq!(
        value.optimizer,
        Optimizer::Sgd {
            momentum: 0.9,
            nesterov: false
        }
    );
    assert_eq!((value.batch, value.noise, value.init), (128, 0.3, "glorot"));
    assert!(space.optimizer.only([OptimizerVariant::Adam]).is_err());
}

#[tunable]
#[derive(Debug, Clone)]
pub struct Training {
    #[hp(name = "method")]
    pub optimizer: Optimizer,
    #[hp(len = 1..=2)]
    pub stages: Vec<Stage>,
    #[hp(optional)]
    pub warm_up: Option<Optimizer>,
}

#[tunable]
#[derive(Debug, Clone)]
pub enum Stage {
    Whole(#[hp] Part),
    Head {
        #[hp]
        activation: Activation,
        #[hp]
        optimizers: [Optimizer; 2],
    },
}

#[tunable]
#[derive(Debug, Clone)]
pub struct Part {
    #[hp]
    pub optimizer: Optimizer,
}

#[test]
fn a_handle_names_its_parts_as_they_are_stored() {
    let bad = || Optimizer::Adam { beta1: 0.1 };
    let named = |handle: &mut OptimizerSpace| {
        let faults = handle.check(&bad()).unwrap_err();
        let name = faults.faults()[0].name().to_string();
        let fixed = handle.fix(bad()).unwrap_err().to_string();
        assert!(fixed.contains(&format!("`{name}`")), "{fixed}");
        name
    };
    let mut space = Training::space();
    assert_eq!(named(&mut space.optimizer), "method.Adam.beta1");
    assert_eq!(named(&mut space.warm_up.some), "warm_up.some.Adam.beta1");
    let stage = &mut space.stages.each;
    assert_eq!(
        named(&mut stage.Whole.optimizer),
        "stages[..].Whole.optimizer.Adam.beta1"
    );
    assert_eq!(
        named(&mut stage.Head.optimizers[1]),
        "stages[..].Head.optimizers[1].Adam.beta1"
    );
    stage.Head.activation.fix(Activation::Relu).unwrap();
    let fault = stage.Head.activation.check(&Activation::Gelu).unwrap_err();
    assert_eq!(fault.faults()[0].name(), "stages[..].Head.activation");
    let fixed = space.stages.fix(Vec::new()).unwrap_err().to_string();
    assert!(fixed.contains("`stages.len` = 0"), "{fixed}");
    let mut mlp = Mlp::space();
    let fixed = mlp.units.fix(vec![64, 33]).unwrap_err().to_string();
    assert!(fixed.contains("`units[1]` = 33"), "{fixed}");
    let fixed = mlp.dropout.fix(Some(0.9)).unwrap_err().to_string();
    assert!(fixed.contains("`dropout.some` = 0.9"), "{fixed}");
    // As a space of its own it has the name that its values are stored under.
    assert_eq!(named(&mut Optimizer::space()), "optimizer.Adam.beta1");
    let alone = space.optimizer.flatten().unwrap();
    assert_eq!(&*alone.params()[0].name, "optimizer");
    let sgd = Optimizer::Sgd {
        momentum: 0.5,
        nesterov: true,
    };
    let point = space.optimizer.encode(&sgd).unwrap();
    assert_eq!(Optimizer::from_point(&point).unwrap(), sgd);
}

#[tunable]
#[derive(Debug, Clone)]
pub struct Wide {
    #[hp(int = 1..=4)]
    pub depth: usize,
    #[hp(name = "parts")]
    pub pair: [Layers; 2],
    #[hp(int = 1..=3)]
    pub grid: [[u8; 2]; 2],
}

#[tunable]
#[derive(Debug, Clone)]
pub struct Layers {
    #[hp(len = 1..=2, float = 0.0..=1.0)]
    pub rates: Vec<f32>,
    #[hp(choice = ["a", "b"])]
    pub kind: String,
    #[hp(optional)]
    pub bias: Option<bool>,
}

#[test]
fn every_handle_names_what_it_refuses() {
    fn says<T>(refused: Result<T, SpaceError>, name: &str) {
        let text = refused
            .err()
            .map_or_else(String::new, |fault| fault.to_string());
        assert!(text.contains(&format!("`{name}`")), "{name}: {text}");
    }
    let mut space = Wide::space();
    says(space.depth.narrow(1..=9), "depth");
    says(space.depth.fix(9), "depth");
    says(space.grid[1][0].narrow(0..=1), "grid[1][0]");
    says(Handle::fix(&mut space.grid[1], [3, 4]), "grid[1][1]");
    says(Handle::fix(&mut space.grid, [[3, 4]; 2]), "grid[1][1]");
    let pair = &mut space.pair[1];
    says(pair.rates.len.narrow(0..=1), "parts[1].rates.len");
    says(pair.rates.each.fix(2.0), "parts[1].rates[..]");
    says(pair.rates.each.narrow(f32::NAN..=1.0), "parts[1].rates[..]");
    says(pair.rates.fix(vec![0.5, 2.0]), "parts[1].rates[1]");
    says(pair.kind.only([]), "parts[1].kind");
    says(pair.kind.fix("c"), "parts[1].kind");
    pair.bias.on().unwrap();
    says(pair.bias.off(), "parts[1].bias");
    pair.bias.some.fix(true).unwrap();
    says(pair.bias.some.fix(false), "parts[1].bias.some");
    let layers = |kind: &str, rate| Layers {
        rates: vec![0.5, rate],
        kind: kind.to_string(),
        bias: Some(true),
    };
    says(pair.fix(layers("c", 0.5)), "parts[1].kind");
    says(pair.fix(layers("a", 2.0)), "parts[1].rates[1]");
    let both = [layers("a", 0.5), layers("c", 0.5)];
    says(Handle::fix(&mut space.pair, both), "parts[1].kind");
    let mut training = Training::space();
    training.optimizer.only([OptimizerVariant::Adam]).unwrap();
    says(training.optimizer.only([OptimizerVariant::Sgd]), "method");
    says(training.optimizer.Adam.beta1.fix(2.0), "method.Adam.beta1");
    let stage = &mut training.stages.each;
    says(
        stage.Whole.fix(Part {
            optimizer: Optimizer::Adam { beta1: 2.0 },
        }),
        "stages[..].Whole.optimizer.Adam.beta1",
    );
}
