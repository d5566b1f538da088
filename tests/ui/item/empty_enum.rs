use tuner::space::tunable;

#[tunable]
enum Optimizer {}

fn main() {}
