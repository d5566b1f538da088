use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9)]
    init: &'static str,
    #[hp(float = 0.0..=1.0)]
    bias: bool,
    #[hp(len = 1..=2, int = 1..=9)]
    names: Vec<String>,
}

fn main() {}
