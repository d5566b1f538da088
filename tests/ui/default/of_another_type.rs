use tuner::space::tunable;

#[tunable]
enum Penalty {
    L2,
    None,
}

#[tunable]
enum Wrapped {
    Some(#[hp] bool),
    Nothing,
}

#[tunable]
struct Net {
    #[hp(optional, default = Penalty::None)]
    penalty: Option<Penalty>,
    #[hp(optional, default = Wrapped::Some(true))]
    wrapped: Option<bool>,
    #[hp(optional, float = 0.0..=1.0, default = None::<f32>)]
    rate: Option<f64>,
    #[hp(choice = ["a", "b"], default = "a".to_owned())]
    text: &'static str,
}

fn main() {}
