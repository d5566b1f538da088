use tuner::space::tunable;

#[tunable]
fn train() {}

fn main() {
    train();
}
