use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(choice = 3)]
    size: usize,
}

fn main() {}
