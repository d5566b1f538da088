use tuner::space::tunable;

#[tunable]
struct Net<T> {
    #[hp(int = 1..=9)]
    units: T,
}

fn main() {}
