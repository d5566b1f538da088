use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 250..=255, step = 10)]
    units: u8,
    #[hp(float = 0.0..=1.0, step = 2.0)]
    rate: f64,
    #[hp(int = 2..=8, step = 0.5)]
    batch: u8,
}

fn main() {}
