use tuner::space::tunable;

#[tunable]
struct Net {
    #[hp(float = 0.0..=1e39)]
    rate: f32,
}

fn main() {}
