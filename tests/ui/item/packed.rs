use tuner::space::tunable;

#[tunable]
#[repr(C, packed)]
struct Net {
    #[hp(int = 1..=3)]
    units: u32,
}

fn main() {}
