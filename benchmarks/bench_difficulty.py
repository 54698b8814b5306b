"""How hard SymBench's families are: the authors' published tasks beside those generated here, level by level.

usage: python benchmarks/bench_difficulty.py FOLDER     (published files such as FOLDER/letters.jsonl)
Prints a Markdown table: per family what is counted, and the range of it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from difficulty import MEASURES, generated, published


def table(folder: Path) -> str:
    """Family, what is counted, published range and median, own range per level."""
    lines = ["| family | counted | published | generated, by level |", "| --- | --- | --- | --- |"]
    for name, (what, _) in MEASURES.items():
        levels = ", ".join(_range(values) for values in generated(name))
        theirs = published(name, folder)
        median = sorted(theirs)[len(theirs) // 2]
        lines.append(f"| {name} | {what} | {_range(theirs)}, median {median} | {levels} |")
    return "\n".join(lines)


def _range(values: list[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low} to {high}"


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
