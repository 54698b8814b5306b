"""Writes or reads a frozen set of many synthetic rows, and prints its memory and its speed; for bench_tasks.py.

usage: python benchmarks/frozen_rows.py write FILE ROWS | read FILE
Memory is the peak of resident pages above what the imports took; pages of the mapped file count while they are there.
"""

import itertools
import json
import random
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from curriculum.task import Task
from curriculum.tasks.sets.parquet import freeze, load

NUM_READS = 2_000
_IN_ORDER = 100_000


def synthetic(rows: int) -> Iterator[Task]:
    """Tasks of the size of real ones, one at a time."""
    rng = random.Random(0)
    for number in range(rows):
        a, b = rng.randrange(10**9), rng.randrange(10**9)
        yield Task(
            task_id=f"synthetic/sums/{number:07d}",
            family="sums",
            source="synthetic",
            split="test" if number % 10 == 0 else "train",
            question=f"What is {a} + {b}? Give the sum as <<<number>>>, without any text beside it, and no unit.",
            checker="number",
            payload=json.dumps({"answer": str(a + b), "terms": [a, b]}),
        )


def written(path: Path, rows: int) -> dict[str, float]:
    """Rows per second of freezing them from a generator."""
    before = peak_mib()
    started = time.perf_counter()
    freeze(synthetic(rows), path)
    seconds = time.perf_counter() - started
    return {
        "written_per_s": round(rows / seconds),
        "write_peak_mib": round(peak_mib() - before, 1),
        "file_mib": round(path.stat().st_size / 2**20, 1),
    }


def read(path: Path) -> dict[str, float]:
    """Opening, then single rows by number and by id, then many in order."""
    before = peak_mib()
    started = time.perf_counter()
    table = load(path)
    found = {
        "open_s": round(time.perf_counter() - started, 2),
        "open_peak_mib": round(peak_mib() - before, 1),
    }
    rng = random.Random(1)
    rows = [rng.randrange(len(table)) for _ in range(NUM_READS)]
    for name, one in (
        ("by_row", table.__getitem__),
        ("by_id", lambda row: table.by_id(f"synthetic/sums/{row:07d}")),
    ):
        started = time.perf_counter()
        for row in rows:
            one(row)
        found[f"reads_per_s_{name}"] = round(NUM_READS / (time.perf_counter() - started))
    started = time.perf_counter()
    num = sum(1 for _ in itertools.islice(table, _IN_ORDER))
    found["reads_per_s_in_order"] = round(num / (time.perf_counter() - started))
    return {**found, "peak_mib": round(peak_mib() - before, 1)}


def peak_mib() -> float:
    """Of this process; `getrusage` would tell of its parent, too."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    action, file, *rest = sys.argv[1:]
    print(json.dumps(written(Path(file), int(rest[0])) if action == "write" else read(Path(file))))
