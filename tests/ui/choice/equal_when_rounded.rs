use tuner::space::tunable;

type Single = f32;

#[tunable]
struct Net {
    #[hp(choice = [0.1, 0.100000001])]
    single: f32,
    #[hp(choice = [0.1, 0.10000000000000000555])]
    double: f64,
    #[hp(choice = [0.1, 0.100000001])]
    alias: Single,
    #[hp(choice = [1e39, 1.0])]
    too_large: f32,
}

fn main() {}
