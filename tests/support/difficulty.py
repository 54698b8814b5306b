"""What grows with the difficulty of SymBench's families, in published tasks and in those generated here."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from curriculum.tasks.sources import symbench

Facts = dict[str, Any]
NUM_TASKS = 40
"""Generated per level."""

MEASURES: dict[str, tuple[str, Callable[[Facts], int]]] = {
    "2048": ("moves", lambda f: len(f["moves"])),
    "blocksworld": ("blocks", lambda f: sum(map(len, f["start"]))),
    "boxlift": ("boxes", lambda f: len(f["boxes"])),
    "boxnet": ("squares", lambda f: len(f["cells"])),
    "combinatorial_calculation": ("numbers", lambda f: len(f["numbers"])),
    "constrained_linear_arrangement": ("rounds", lambda f: len(f["results"])),
    "cryptanalysis": ("guesses", lambda f: len(f["guesses"])),
    "eight_queens": ("blocked cells", lambda f: len(f["blocked"])),
    "game24": ("numbers", lambda f: len(f["numbers"])),
    "letter_logic_diagram": ("empty cells", lambda f: sum(row.count("") for row in f["givens"])),
    "letters": ("letters", lambda f: len(f["word"])),
    "light_puzzles": ("lamps times presses", lambda f: len(f["lamps"]) ** 2 * len(f["presses"])),
    "logic_puzzle": ("cells to select", lambda f: f["num_cells"]),
    "logical_equation": ("letters", lambda f: len(f["values"])),
    "mahjong_pattern": ("rounds", lambda f: len(f["changes"]) + 1),
    "matrix_transformation": ("cells", lambda f: sum(map(len, f["rows"]))),
    "new_operator": ("length of the expression", lambda f: len(_text(f["expression"]))),
    "number_multiply": ("digits", lambda f: sum(len(str(abs(v))) for v in f["values"])),
    "path_plan": ("rooms to visit or avoid", lambda f: len(f["visit"]) + len(f["avoid"])),
    "pattern_recognition": ("cells", lambda f: sum(map(len, f["rows"]))),
    "permutations_and_combinations": ("items", lambda f: len(f["items"])),
    "pooling": ("cells", lambda f: sum(map(len, f["matrix"]))),
    "reversi": ("cells times moves", lambda f: sum(map(len, f["board"])) * len(f["moves"])),
    "standard_sudoku": ("empty cells", lambda f: sum(row.count(0) for row in f["givens"])),
    "statistical_counting": ("letters", lambda f: len(f["text"])),
    "string_deletion_and_modification": ("letters", lambda f: len(f["text"])),
    "string_insertion": ("letters", lambda f: len(f["text"])),
    "string_splitting": ("goods at the start", lambda f: sum(f["start"].values())),
    "string_synthesis": ("goods at the start", lambda f: sum(f["start"].values())),
    "synthesis_decomposition": ("goods at the start", lambda f: sum(f["start"].values())),
}
"""What grows with difficulty, in words and as a function of a task's facts; stand-ins have no such number."""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "".join(str(cell) for cell in value)


def published(name: str, folder: Path) -> list[int]:
    """The measure of every published task of a family that can be read."""
    family, (_, measure) = symbench.family(name), MEASURES[name]
    found = []
    for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            found.append(measure(family.from_published(json.loads(line)).facts))
        except ValueError:
            continue
    return found


def generated(name: str, num_tasks: int = NUM_TASKS) -> list[list[int]]:
    """The measure of generated tasks, per level."""
    family, (_, measure) = symbench.family(name), MEASURES[name]
    return [
        [
            measure(family.generate(random.Random(f"{name}/{number}/{task}"), **level).facts)
            for task in range(num_tasks)
        ]
        for number, level in enumerate(family.levels)
    ]
