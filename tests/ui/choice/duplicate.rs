use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(choice = [1e-2, 0.01])]
    rate: f64,
}

fn main() {}
