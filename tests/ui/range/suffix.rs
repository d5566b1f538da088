use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1u8..=3)]
    units: u16,
    #[hp(float = 0.0..=1.0, step = 0.5f32)]
    rate: f64,
    #[hp(choice = [1, 2i32], default = 1)]
    size: i64,
    #[hp(len = 1..=2u8, int = 1..=3, default = [2u64])]
    widths: Vec<u8>,
    #[hp(float = 1f32..=2f32)]
    decay: f32,
}

fn main() {}
