use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(choice = [0.1, f64::NAN])]
    rate: f64,
}

fn main() {}
