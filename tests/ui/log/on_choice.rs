use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(choice = [1, 2], log)]
    units: usize,
}

fn main() {}
