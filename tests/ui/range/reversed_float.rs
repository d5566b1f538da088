use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 0.5..=0.1)]
    rate: f64,
}

fn main() {}
