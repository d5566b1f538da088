use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(choice = ["small", "large"])]
    size: usize,
}

fn main() {}
