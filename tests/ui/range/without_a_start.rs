use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = ..=9)]
    units: usize,
    #[hp(float = ..)]
    rate: f64,
}

fn main() {}
