use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(int = 1..=9, default = [1, 2, 3])]
    sizes: [usize; 2],
}

fn main() {}
