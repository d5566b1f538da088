use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 49850000.0..=49850000.00001176, step = 6e-9)]
    rate: f64,
}

fn main() {}
