use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(len = 1..=3, int = 32..=512, step = 32, default = vec![33; 2])]
    units: Vec<usize>,
    #[hp(len = 1..=3, int = 32..=512, step = 32, default = [64; 4])]
    too_long: Vec<usize>,
}

fn main() {}
