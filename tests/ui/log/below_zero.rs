use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = -2.0..=0.0, log)]
    rate: f64,
    #[hp(int = -9..=-1, reverse_log)]
    shift: i8,
}

fn main() {}
