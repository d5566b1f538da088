use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 0.0..=f64::INFINITY)]
    rate: f64,
}

fn main() {}
