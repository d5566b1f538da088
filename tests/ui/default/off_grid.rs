use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 0.0..=0.5, step = 0.1, default = 0.25)]
    rate: f64,
}

fn main() {}
