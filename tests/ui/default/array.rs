use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 0.0..=1.0, default = [2.0; 3])]
    repeated: [f64; 3],
    #[hp(float = 0.0..=1.0, default = ([0.5, 3.0]))]
    in_parentheses: [f64; 2],
    #[hp(len = 1..=3, int = 1..=9, default = [0; LEN])]
    counted: Vec<u8>,
}

const LEN: usize = 2;

fn main() {}
