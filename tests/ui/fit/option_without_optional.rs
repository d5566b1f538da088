use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 0.0..=0.5)]
    dropout: Option<f64>,
}

fn main() {}
