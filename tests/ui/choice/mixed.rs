use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(choice = [1, "two"])]
    size: usize,
}

fn main() {}
