use tuner::space::tunable;

struct Size;

#[tunable]
struct Net {
    #[hp(choice = [1, 2])]
    size: Size,
}

fn main() {}
