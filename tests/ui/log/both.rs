use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 0.1..=1.0, log, reverse_log)]
    rate: f64,
}

fn main() {}
