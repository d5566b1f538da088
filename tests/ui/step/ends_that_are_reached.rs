use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 0..=20000000000, step = 3)]
    whole: u64,
    #[hp(int = 1..=50000000000, log, step = 3)]
    power: u64,
    #[hp(float = 1.0..=2.006763368, log, step = 1.01)]
    real: f64,
    #[hp(float = 0.0..=1.0, step = 0.3333)]
    single: f32,
    #[hp(int = 100..=255, step = 200)]
    byte: u8,
}

fn main() {}
