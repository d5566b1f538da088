use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(choice = ["he", "glorot"], default = "xavier")]
    init: &'static str,
}

fn main() {}
