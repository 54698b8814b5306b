"""Speed of the task families, memory of frozen sets, and what answers score that need no reading.

usage: python benchmarks/bench_tasks.py [--full] [--bbh FOLDER] [--only FAMILY ...] [--rows N] [--floors] [--table]
Writes benchmarks/results/tasks.json and prints it as its last line; `--table` prints the last result as Markdown
instead, and measures nothing. `--full` freezes 200 items per family and not 10.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from adversary import floor_of, reference_of

from curriculum.task import Task
from curriculum.tasks.checkers import check, preload
from curriculum.tasks.config import FamilyConfig, TaskSetConfig
from curriculum.tasks.presets import chosen_families
from curriculum.tasks.sets.build import build_task_set
from curriculum.tasks.sets.parquet import freeze
from curriculum.tasks.sources.source import source_of

RESULT = Path(__file__).parent / "results" / "tasks.json"
NUM_ITEMS = 20
NUM_FLOOR_ITEMS = 50
MAX_SECONDS = 8.0
"""For the tasks of one family, and for the search for its floor; a slow family is measured on fewer."""
MAX_FOREIGN_LENGTH = 2_000
LOWEST_SHOWN = 0.1
MIN_ITEMS = 5
ROUNDS = 5
NUM_SLOWEST = 10


class Made(NamedTuple):
    """Items of a family, and the seconds that each took."""

    tasks: list[Task]
    seconds: list[float]


def made(family: FamilyConfig) -> Made:
    """Up to 50 items, fewer where they are slow or all."""
    seen: set[str] = set()

    def is_new(question: str) -> bool:
        before = len(seen)
        seen.add(question)
        return len(seen) > before

    stream = source_of(family).drafts(family, seed=0, is_new=is_new)
    name = source_of(family).task_family(family)
    found = Made([], [])
    started = time.perf_counter()
    for number in range(NUM_FLOOR_ITEMS):
        if time.perf_counter() - started > MAX_SECONDS and number >= MIN_ITEMS:
            break
        before = time.perf_counter()
        draft = next(stream, None)
        if draft is None:
            break
        found.seconds.append(time.perf_counter() - before)
        found.tasks.append(draft.task(family.source, name, number, "shown"))
    return found


def checks_per_s(tasks: list[Task]) -> float:
    """Median over rounds, each of every item with its own reference and with the next item's."""
    answers = [reference_of(task) or "1 2 3" for task in tasks]
    pairs = [*zip(tasks, answers, strict=True), *zip(tasks, answers[1:] + answers[:1], strict=True)]
    rates = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for task, answer in pairs:
            check(task, answer)
        rates.append(len(pairs) / (time.perf_counter() - started))
    return statistics.median(rates)


def floors(families: list[FamilyConfig]) -> dict[str, dict[str, Any]]:
    """What answers that need no reading score per family, best first (`tests/support/adversary.py`)."""
    tasks = {family.name: (family.source, made(family).tasks) for family in families}
    foreign = [
        a for _, found in tasks.values() if (a := reference_of(found[0])) and len(a) < MAX_FOREIGN_LENGTH
    ]
    rows: dict[str, dict[str, Any]] = {}
    for number, (name, (source, found)) in enumerate(tasks.items(), 1):
        best = floor_of(found, foreign, max_seconds=MAX_SECONDS)
        rows[name] = {
            "source": source,
            "strategy": best.strategy,
            "rate": round(best.rate, 3),
            "tasks": best.num_tasks,
            "strategies": best.num_strategies,
        }
        print(f"{number}/{len(families)} {name} {best.rate:.0%}", file=sys.stderr)
    return by_rate(rows)


def by_rate(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows with the highest rate first."""
    return dict(sorted(rows.items(), key=lambda pair: (-pair[1]["rate"], pair[0])))


def of_families(families: list[FamilyConfig]) -> dict[str, Any]:
    """Rates of generators and checkers, and the floor, per family."""
    made_per_s: dict[str, float] = {}
    checked_per_s: dict[str, float] = {}
    for number, family in enumerate(families, 1):
        found = made(family)
        made_per_s[family.name] = 1 / statistics.median(found.seconds[1 : NUM_ITEMS + 1])
        checked_per_s[family.name] = checks_per_s(found.tasks[:NUM_ITEMS])
        print(f"{number}/{len(families)} {family.name}", file=sys.stderr)
    return {
        "families": len(families),
        "checks_per_s": {
            "median": round(statistics.median(checked_per_s.values())),
            "slowest": slowest(checked_per_s),
        },
        "items_per_s": {
            "median": round(statistics.median(made_per_s.values())),
            "slowest": slowest(made_per_s),
        },
    }


def slowest(rates: dict[str, float]) -> dict[str, float]:
    """The ten families with the lowest figures, slowest first."""
    return {name: round(rates[name], 1) for name in sorted(rates, key=rates.__getitem__)[:NUM_SLOWEST]}


def freezing(config: TaskSetConfig) -> dict[str, Any]:
    """Seconds to make a config's set with two processes and to write it."""
    started = time.perf_counter()
    tasks = build_task_set(config)
    built = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tasks.parquet"
        freeze(tasks, path)
        size = path.stat().st_size
    ended = time.perf_counter()
    return {
        "tasks": len(tasks),
        "build_s": round(built - started, 1),
        "write_s": round(ended - built, 1),
        "mib": round(size / 2**20, 1),
    }


def many_rows(rows: int) -> dict[str, Any]:
    """Writes a set of many rows and reads it, in a fresh process each, so that nothing else is in its memory."""
    script = Path(__file__).with_name("frozen_rows.py")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.parquet"
        found: dict[str, Any] = {"rows": rows}
        for arguments in (("write", str(path), str(rows)), ("read", str(path))):
            command = [sys.executable, str(script), *arguments]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found |= json.loads(done.stdout)
        return found


def table_of(rows: dict[str, dict[str, Any]]) -> str:
    """The floors as a Markdown table, highest rate first, without those below a tenth."""
    lines = ["| family | source | says | right on | tasks |", "| --- | --- | --- | --- | --- |"]
    for name, row in rows.items():
        strategy = row["strategy"].replace("|", "\\|").replace("`", "'")
        if row["rate"] >= LOWEST_SHOWN:
            lines.append(f"| {name} | {row['source']} | {strategy} | {row['rate']:.0%} | {row['tasks']} |")
    return "\n".join(lines)


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """All figures of the benchmark, as they are written to its results."""
    per_family = 200 if options.full else 10
    preload()
    config = TaskSetConfig(
        preset="r1ci", families=tuple(options.only), bbh_folder=options.bbh, num_processes=2,
        sft_per_family=0, train_per_family=per_family, test_per_family=0, held_out_per_family=per_family,
    )  # fmt: skip
    available = [f for side in chosen_families(config) for f in side if source_of(f).is_available(f)]
    if options.floors:
        before = json.loads(RESULT.read_text())
        return {**before, "floors": by_rate({**before.get("floors", {}), **floors(available)})}
    return {
        **of_families(available),
        "floors": floors(available),
        "freezing": {"per_family": per_family, "processes": 2, **freezing(config)},
        "many_rows": many_rows(options.rows),
        "cpus": os.cpu_count(),
    }


def main() -> None:
    """Read the command line, measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="freeze 200 items per family, not 10")
    parser.add_argument("--bbh", help="folder of BIG-Bench Hard's files (default: the cache)")
    parser.add_argument("--only", nargs="*", default=[], help="only these families")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the large Parquet file")
    parser.add_argument(
        "--floors",
        action="store_true",
        help="only the floors, of all or those of --only; all other figures of the last result stay",
    )
    parser.add_argument("--table", action="store_true", help="print the last result's floors as Markdown")
    options = parser.parse_args()
    if options.table:
        if not RESULT.is_file():
            parser.error(f"no result at {RESULT}: run without --table first")
        print(table_of(json.loads(RESULT.read_text())["floors"]))
        return
    if os.environ.get("PYTHONHASHSEED") != "0":  # some families' items depend on it
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    result = measured(options)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
