mod a {
    #[tuner::space::tunable(space = Handle, builder = Handle)]
    struct Net {
        #[hp]
        bias: bool,
    }
}

fn main() {}
