//! What a search costs beside the training: a trial that trains nothing, in memory and in SQLite,
//! the disk's flush, opening a long study, and memory over many trials.

// The generated code names `::tuner`.
extern crate tuner_runtime as tuner;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tuner::sampler::Random;
use tuner::search::{Execution, Progress, Tuner, TunerBuilder};
use tuner::space::{Handle, Tunable, tunable};
use tuner::storage::{Memory, Sqlite, Storage};
use tuner::study::{Core, Setup};

#[tunable]
#[derive(Debug, Clone)]
struct Net {
    #[hp(len = 1..=3, int = 32..=512, step = 32)]
    units: Vec<usize>,
    #[hp(float = 1e-5..=1e-1, log)]
    rate: f64,
    #[hp(float = 0.0..=0.5)]
    dropout: f64,
    #[hp]
    bias: bool,
}

fn builder(trials: u64) -> TunerBuilder<Net> {
    Tuner::<Net>::builder()
        .sampler(Random::new())
        .objective("val_loss")
        .max_trials(trials)
        .progress(Progress::Silent)
}

/// Milliseconds a trial that reports `epochs` times and trains nothing.
fn search(builder: TunerBuilder<Net>, trials: u64, epochs: u64) -> f64 {
    let mut tuner = builder.build().expect("a new study");
    let start = Instant::now();
    tuner
        .search(|run: &mut Execution, net: Net| -> tuner::search::Outcome {
            let loss = net.rate + net.dropout + net.units.len() as f64 + f64::from(net.bias);
            for epoch in 1..=epochs {
                if run.report(epoch, loss).is_err() {
                    break;
                }
            }
            tuner::search::Outcome::Result(loss.into())
        })
        .expect("nothing fails");
    start.elapsed().as_secs_f64() * 1e3 / trials as f64
}

/// Milliseconds of one flush of a page to this folder's disk.
fn flush(folder: &Path) -> f64 {
    const COUNT: u32 = 50;
    let mut file = File::create(folder.join("flush")).expect("a folder to write to");
    let start = Instant::now();
    for _ in 0..COUNT {
        file.write_all(&[7; 8192]).expect("room on the disk");
        file.sync_data().expect("a disk that flushes");
    }
    start.elapsed().as_secs_f64() * 1e3 / f64::from(COUNT)
}

fn core(storage: Arc<dyn Storage>) -> Core {
    let space = Net::space().flatten().expect("the space is sound");
    let setup = Setup::new(space, Random::new()).objective("val_loss");
    Core::open(storage, "study".into(), setup).expect("a study")
}

fn ask_and_tell(core: &Core, trials: u64) -> f64 {
    let start = Instant::now();
    for k in 0..trials {
        let asked = core.ask().expect("there is no limit");
        core.tell(asked.number, k as f64).expect("it is running");
    }
    start.elapsed().as_secs_f64() * 1e3 / trials as f64
}

fn resident_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

fn main() {
    println!("milliseconds a trial, nothing trained");
    let memory = core(Arc::new(Memory::new()));
    println!(
        "  memory, ask and tell, 1 000 trials:   {:8.4}",
        ask_and_tell(&memory, 1_000)
    );
    println!(
        "  memory, search, 1 000 trials:         {:8.4}",
        search(builder(1_000), 1_000, 0)
    );
    println!(
        "  memory, search, 10 reports:           {:8.4}",
        search(builder(1_000), 1_000, 10)
    );
    let disk = tempfile::tempdir_in(".").expect("a folder on the disk");
    let shared = Path::new("/dev/shm");
    let no_disk = shared
        .is_dir()
        .then(|| tempfile::tempdir_in(shared).expect("a folder"));
    if let Some(folder) = &no_disk {
        let at = |name: &str| builder(1_000).directory(folder.path()).project_name(name);
        println!(
            "  SQLite without a disk:                {:8.4}",
            search(at("a"), 1_000, 0)
        );
        println!(
            "  SQLite without a disk, 10 reports:    {:8.4}",
            search(at("b"), 1_000, 10)
        );
    }
    let on_disk = builder(300).directory(disk.path()).project_name("c");
    println!(
        "  SQLite on the disk:                   {:8.4}",
        search(on_disk, 300, 0)
    );
    println!(
        "  one flush of that disk:               {:8.4}",
        flush(disk.path())
    );

    let folder = no_disk.as_ref().map_or(disk.path(), |folder| folder.path());
    let path = folder.join("long.db");
    let long = core(Arc::new(Sqlite::open(&path).expect("a new file")));
    println!(
        "  SQLite, ask and tell, 10 000 trials:  {:8.4}",
        ask_and_tell(&long, 10_000)
    );
    drop(long);
    let start = Instant::now();
    let long = core(Arc::new(Sqlite::open(&path).expect("the same file")));
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "opening {} trials: {seconds:.3} s",
        long.history().trials().len()
    );

    println!("resident memory, megabytes, in one search with 10 reports a trial");
    for trials in [1_000, 2_000, 4_000] {
        search(builder(trials), trials, 10);
        let megabytes = resident_megabytes().map_or("unknown".to_owned(), |m| format!("{m:.1}"));
        println!("  after {trials} trials: {megabytes}");
    }
}
