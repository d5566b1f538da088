use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9)]
    rate: f64,
}

fn main() {}
