use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 512..=32)]
    reversed: usize,
    #[hp(float = 0..=1)]
    whole: f64,
    #[hp(int = 1..=9, step = 0)]
    step: usize,
    #[hp(float = 0.0..=1.0, log)]
    log: f64,
    #[hp(choice = [1, 1])]
    twice: usize,
    #[hp(int = 1..=3)]
    list: Vec<usize>,
    #[hp(int = 1..=3, default = 4)]
    default: usize,
    #[hp(itn = 1..=3)]
    unknown: usize,
    missing: usize,
    #[hp]
    bare: f64,
    #[hp(int = 1..=3, float = 0.0..=1.0)]
    kinds: usize,
    #[hp]
    fine: bool,
}

fn main() {}
