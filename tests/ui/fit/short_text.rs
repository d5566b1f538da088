use tuner::space::tunable;

#[tunable]
struct Net<'a> {
    #[hp(choice = ["he", "glorot"])]
    init: &'a str,
}

fn main() {}
