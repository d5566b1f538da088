use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(choice = [])]
    size: usize,
}

fn main() {}
