"""Rules for reasoning-gym items with many right answers: what the answer says is carried out or worked out.

Each takes the item and an answer, and may raise anything on junk.
"""

import contextlib
import io
import re
from collections.abc import Callable
from typing import Any

from curriculum.tasks.normalisers import lines
from curriculum.tasks.sources.reasoning_gym.items import scorer
from curriculum.tasks.sources.reasoning_gym.propositions import concludes

Rule = Callable[[dict[str, Any], str], bool]
FULL_SCORE = 0.99
"""Scores from here on are right: some scorers round, and many pay a few per cent for anything."""

_MOVE = re.compile(r"move disk (?P<disk>[0-9]{1,2}) from peg (?P<start>[0-9]) to peg (?P<end>[0-9])\.?", re.I)


def by_package(dataset: str, **config: Any) -> Rule:
    """Full score by the package's own rule."""

    def rule(item: dict[str, Any], answer: str) -> bool:
        # Some scorers print what they think of the answer.
        with contextlib.redirect_stdout(io.StringIO()):
            return float(scorer(dataset, **config).score_answer(answer, item)) >= FULL_SCORE

    return rule


def _moves_the_tower(item: dict[str, Any], answer: str) -> bool:
    """tower_of_hanoi: the question asks for no shortest way, the package does; it overlooks text before a move."""
    meta = item["metadata"]
    pegs: dict[int, list[int]] = {peg: [] for peg in range(1, meta["num_pegs"] + 1)}
    pegs[meta["start_peg"]] = list(range(meta["num_disks"], 0, -1))
    for line in lines(answer):
        match = _MOVE.fullmatch(line.strip())
        if match is None:
            return False
        disk, start, end = int(match["disk"]), int(match["start"]), int(match["end"])
        if pegs[start].pop() != disk or (pegs[end] and pegs[end][-1] < disk):
            return False
        pegs[end].append(disk)
    return len(pegs[meta["target_peg"]]) == int(meta["num_disks"])


VERIFIERS: dict[str, Rule] = {
    "propositional_logic": concludes,
    "tower_of_hanoi": _moves_the_tower,
}
"""Rules by dataset."""
