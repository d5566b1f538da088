use tuner::space::tunable;

const LOW: f32 = 0.0;

#[tunable]
struct Net {
    #[hp(float = 0.0..=0.999, reverse_log)]
    momentum: f64,
    #[hp(float = LOW..=0.999, reverse_log)]
    decay: f32,
    #[hp(int = 0..=10, reverse_log)]
    units: usize,
}

fn main() {}
