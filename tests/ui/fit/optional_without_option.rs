use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(optional, float = 0.0..=0.5)]
    dropout: f64,
}

fn main() {}
