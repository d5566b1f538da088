use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(optional, float = 0.1..=0.5, default = 0.2)]
    dropout: Option<f64>,
}

fn main() {}
