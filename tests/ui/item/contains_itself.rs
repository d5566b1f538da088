use tuner::space::tunable;

#[tunable]
struct Node {
    #[hp(len = 0..=2)]
    children: Vec<Node>,
}

fn main() {}
