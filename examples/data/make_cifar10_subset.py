#!/usr/bin/env python3
"""Makes the balanced CIFAR-10 subset of `cifar10/` from the binary version of the whole set.

    python3 make_cifar10_subset.py SOURCE TARGET

SOURCE holds `data_batch_1.bin` and `test_batch.bin`, plain or as `.gz`, of
https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz. TARGET receives `data_batch_1.bin.gz`, the
first 500 records of each class, and `test_batch.bin.gz`, the first 100 of each, in the order of the
source. The same source gives the same records; the same zlib gives the same files.
"""

import gzip
import hashlib
import sys
from pathlib import Path

RECORD_BYTES = 1 + 3 * 32 * 32
BATCH_RECORDS = 10_000
CLASSES = 10
RECORDS_PER_CLASS = {"data_batch_1.bin": 500, "test_batch.bin": 100}


def read_batch(source: Path, name: str) -> bytes:
    plain = source / name
    content = plain.read_bytes() if plain.exists() else gzip.decompress((source / f"{name}.gz").read_bytes())
    if len(content) != BATCH_RECORDS * RECORD_BYTES:
        sys.exit(f"{name} has {len(content)} bytes, not {BATCH_RECORDS * RECORD_BYTES}")
    return content


def first_of_each_class(content: bytes, per_class: int) -> bytes:
    taken = [0] * CLASSES
    subset = bytearray()
    for start in range(0, len(content), RECORD_BYTES):
        label = content[start]
        if taken[label] < per_class:
            taken[label] += 1
            subset += content[start : start + RECORD_BYTES]
    if taken != [per_class] * CLASSES:
        sys.exit(f"too few records: {taken} of {per_class} a class")
    return bytes(subset)


def write_gzip(path: Path, content: bytes) -> None:
    # No file name and no time in the header: the file depends on its content alone.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(content)


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    for name, per_class in RECORDS_PER_CLASS.items():
        subset = first_of_each_class(read_batch(source, name), per_class)
        path = target / f"{name}.gz"
        write_gzip(path, subset)
        print(f"{hashlib.md5(subset).hexdigest()}  {name} (unpacked, {len(subset)} bytes)")
        print(f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.name} ({path.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
