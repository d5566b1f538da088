//! Sampling allocates the point alone, reading a value nothing but its own lists and strings.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use tuner::math::rng::Rng;
use tuner::space::{Handle, Tunable, tunable};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is handed to the system's allocator unchanged; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer is from `System.alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = COUNT.with(Cell::get);
    let result = work();
    (COUNT.with(Cell::get) - before, result)
}

#[tunable]
#[derive(Debug)]
struct Net {
    #[hp(int = 32..=512, step = 32)]
    units: usize,
    #[hp(choice = ["he", "glorot"])]
    init: &'static str,
    #[hp(float = 0.0..=0.5, step = 0.1)]
    noise: f64,
    #[hp(optional, float = 0.05..=0.5)]
    dropout: Option<f64>,
    #[hp]
    optimizer: Optimizer,
}

#[tunable]
#[derive(Debug)]
enum Optimizer {
    Adam,
    Sgd {
        #[hp(float = 0.0..=0.9)]
        momentum: f64,
    },
}

#[tunable]
#[derive(Debug)]
struct Owning {
    #[hp(len = 3..=3, int = 1..=9)]
    list: Vec<usize>,
    #[hp(choice = ["a", "b"])]
    text: String,
}

#[test]
fn points_and_values_allocate_only_what_they_own() {
    let handle = Net::space();
    let space = handle.flatten().unwrap();
    let mut rng = Rng::new(3);
    for _ in 0..50 {
        let (count, point) = allocations(|| space.sample(&mut rng));
        assert_eq!(count, 1, "a point is one list of values");
        let (count, value) = allocations(|| handle.decode(&point));
        assert_eq!(count, 0, "{value:?}");
    }
    let handle = Owning::space();
    let point = handle.flatten().unwrap().sample(&mut rng);
    let (count, value) = allocations(|| handle.decode(&point));
    assert_eq!(count, 2, "one list and one string: {value:?}");
}
