use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(choice = 1..=3)]
    size: usize,
    #[hp(choice = 0.1..0.2)]
    rate: f64,
    #[hp(choice = "he")]
    init: String,
}

fn main() {}
