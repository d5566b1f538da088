use tuner::space::tunable;

const FINE: f64 = 1e-20;
const LEAST: f64 = 5e-324;

type Single = f32;

#[tunable]
struct Net {
    #[hp(float = 0.0..=1.0, step = 1e-20)]
    many: f64,
    #[hp(float = 0.0..=1e20, step = 1.0)]
    wide: f64,
    #[hp(float = 0.0..=1.0, step = 1e-9)]
    single: f32,
    #[hp(float = 5e-324..=1.0, log, step = 1.1)]
    factor: f64,
    #[hp(float = 0.0..=1.0, step = FINE)]
    constant: f64,
    #[hp(float = LEAST..=1.0, log, step = 1.1)]
    constant_end: f64,
    #[hp(float = 0.0..=1.0, step = 1e-9)]
    alias: Single,
    #[hp(float = 0.0..=1.0, step = 1e-50)]
    nothing: Single,
}

fn main() {}
