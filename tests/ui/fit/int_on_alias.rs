use tuner::space::tunable;

type Rate = f64;

#[tunable]
struct Net {
    #[hp(int = 1..=9)]
    rate: Rate,
}

fn main() {}
