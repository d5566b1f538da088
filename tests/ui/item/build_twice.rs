use tuner::space::{Tunable, tunable};

#[tunable]
struct Net {
    #[hp]
    build: bool,
    #[hp]
    build_: bool,
}

fn main() {
    let _ = Net::builder().build_(true).build();
}
