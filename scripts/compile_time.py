#!/usr/bin/env python3
"""What `#[tunable]` adds to a compile, beside what serde's two derives add to the same structs.

Writes three crates with the same 100 structs of 10 fields (plain, with serde, with tuner), builds
their dependencies, and then times `cargo check` and `cargo build` of each crate alone: dev profile,
incremental compilation off, the median of several runs taken in turn. Beside the seconds on the
clock it tells those of the processors, which other work on the machine disturbs less.

    scripts/compile_time.py [--runs 5] [--structs 100]
"""

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FIELDS = [
    ("len = 1..=3, int = 32..=512, step = 32", "units: Vec<usize>"),
    ("choice = [1e-2, 1e-3, 1e-4]", "learning_rate: f64"),
    ("int = 16..=1024, log, step = 2", "batch: usize"),
    ("float = 1e-6..=1e-2, log, default = 1e-4", "weight_decay: f64"),
    ("float = 0.0..=0.5, step = 0.1", "noise: f64"),
    ('choice = ["he", "glorot"]', "init: String"),
    ("optional, float = 0.05..=0.5", "dropout: Option<f64>"),
    ("", "bias: bool"),
    ("", "activation: Activation"),
    ("int = 1..=100", "epochs: u32"),
]

KINDS = {
    "plain": ("", "", ""),
    "serde": (
        'serde = { version = "1", features = ["derive"] }',
        "#[derive(serde::Serialize, serde::Deserialize)]",
        "",
    ),
    "tuner": (
        f'tuner = {{ path = "{ROOT}", default-features = false }}',
        "#[tuner::space::tunable]",
        "hp",
    ),
}


def source(attribute, key, structs):
    """The crate's text: one enum and the structs."""
    lines = [f"{attribute}\npub enum Activation {{ Relu, Tanh, Gelu }}"]
    for index in range(structs):
        lines.append(f"{attribute}\npub struct Net{index} {{")
        for keys, field in FIELDS:
            if key:
                lines.append(f"    #[hp({keys})]" if keys else "    #[hp]")
            lines.append(f"    pub {field},")
        lines.append("}")
    return "\n".join(lines) + "\n"


def write(folder, name, structs):
    dependency, attribute, key = KINDS[name]
    crate = folder / name
    (crate / "src").mkdir(parents=True)
    (crate / "src/lib.rs").write_text(source(attribute, key, structs))
    manifest = f'[package]\nname = "{name}-structs"\nversion = "0.0.0"\nedition = "2024"\n'
    (crate / "Cargo.toml").write_text(f"{manifest}\n[dependencies]\n{dependency}\n\n[workspace]\n")
    return crate


def cargo(crate, command, target):
    environment = dict(os.environ, CARGO_INCREMENTAL="0", CARGO_TARGET_DIR=str(target))
    subprocess.run(["cargo", command, "--quiet"], cwd=crate, env=environment, check=True)


def timed(crate, command, target):
    """Seconds to compile the crate alone: on the clock, and of the processors."""
    (crate / "src/lib.rs").touch()
    start, busy = time.perf_counter(), processor()
    cargo(crate, command, target)
    return time.perf_counter() - start, processor() - busy


def processor():
    """Seconds of the processors that the commands so far have taken."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--structs", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target"
        crates = {name: write(Path(folder), name, options.structs) for name in KINDS}
        print(f"{options.structs} structs of {len(FIELDS)} fields, median of {options.runs} runs")
        for command in ["check", "build"]:
            seconds = {name: [] for name in KINDS}
            for crate in crates.values():
                cargo(crate, command, target)
            for _ in range(options.runs):
                for name, crate in crates.items():
                    seconds[name].append(timed(crate, command, target))
            for kind, what in enumerate(["clock", "processors"]):
                median = {
                    name: statistics.median(run[kind] for run in runs)
                    for name, runs in seconds.items()
                }
                serde = median["serde"] - median["plain"]
                tuner = median["tuner"] - median["plain"]
                print(
                    f"cargo {command}, {what}: plain {median['plain']:.2f} s, "
                    f"serde adds {serde:.2f} s, tuner adds {tuner:.2f} s: "
                    f"{tuner / serde:.2f} times serde"
                )


if __name__ == "__main__":
    main()
