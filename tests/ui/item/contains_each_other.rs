use tuner::space::tunable;

#[tunable]
struct Branch {
    #[hp(len = 0..=2)]
    leaves: Vec<Leaf>,
}

#[tunable]
struct Leaf {
    #[hp(optional)]
    branch: Option<Branch>,
}

fn main() {}
