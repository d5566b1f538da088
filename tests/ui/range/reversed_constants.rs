use tuner::space::tunable;

const LOW: usize = 64;
mod limits {
    pub const HIGH: usize = 32;
}

#[tunable]
struct Net {
    #[hp(int = LOW..=limits::HIGH)]
    units: usize,
}

fn main() {}
