"""Rules for reasoning-gym items with many right answers: what the answer says is carried out or worked out.

Each takes the item and an answer, and may raise anything on junk.
"""

import contextlib
import io
import re
from collections.abc import Callable
from typing import Any

from curriculum.tasks.sources.reasoning_gym.items import scorer
from curriculum.tasks.sources.reasoning_gym.propositions import concludes

Rule = Callable[[dict[str, Any], str], bool]
FULL_SCORE = 0.99
"""Scores from here on are right: some scorers round, and many pay a few per cent for anything."""

_BUTTONS = re.compile(r"[A-Ca-c](?:\s*(?:\u2192|->|,|\s)\s*[A-Ca-c])*")
_MOVE = re.compile(r"move disk (?P<disk>[0-9]{1,2}) from peg (?P<start>[0-9]) to peg (?P<end>[0-9])\.?", re.I)


def by_package(dataset: str, **config: Any) -> Rule:
    """Full score by the package's own rule."""

    def rule(item: dict[str, Any], answer: str) -> bool:
        # Some scorers print what they think of the answer.
        with contextlib.redirect_stdout(io.StringIO()):
            return float(scorer(dataset, **config).score_answer(answer, item)) >= FULL_SCORE

    return rule


def _once_each(item: dict[str, Any], answer: str) -> bool:
    """cryptarithm: the package keeps the last of two digits for one letter."""
    pairs = [pair.strip() for pair in answer.split(",")]
    return len(pairs) == len(item["metadata"]["letters"]) and by_package("cryptarithm")(item, answer)


def _steps_only(item: dict[str, Any], answer: str) -> bool:
    """sokoban: the package overlooks every other letter."""
    return re.fullmatch(r"[LRUDlrud]+", answer) is not None and by_package("sokoban")(item, answer)


def _buttons_only(item: dict[str, Any], answer: str) -> bool:
    """quantum_lock: the package takes every a, b and c out of any text."""
    return _BUTTONS.fullmatch(answer) is not None and by_package("quantum_lock")(item, answer)


def _moves_the_tower(item: dict[str, Any], answer: str) -> bool:
    """tower_of_hanoi: the question asks for no shortest way, the package does; it overlooks text before a move."""
    meta = item["metadata"]
    pegs: dict[int, list[int]] = {peg: [] for peg in range(1, meta["num_pegs"] + 1)}
    pegs[meta["start_peg"]] = list(range(meta["num_disks"], 0, -1))
    for line in filter(str.strip, answer.splitlines()):
        match = _MOVE.fullmatch(line.strip())
        if match is None:
            return False
        disk, start, end = int(match["disk"]), int(match["start"]), int(match["end"])
        if pegs[start].pop() != disk or (pegs[end] and pegs[end][-1] < disk):
            return False
        pegs[end].append(disk)
    return len(pegs[meta["target_peg"]]) == int(meta["num_disks"])


VERIFIERS: dict[str, Rule] = {
    "cryptarithm": _once_each,
    "propositional_logic": concludes,
    "quantum_lock": _buttons_only,
    "sokoban": _steps_only,
    "tower_of_hanoi": _moves_the_tower,
}
"""Rules by dataset."""
