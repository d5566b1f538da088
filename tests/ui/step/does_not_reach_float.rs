use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 0.0..=0.5, step = 0.2)]
    rate: f64,
}

fn main() {}
