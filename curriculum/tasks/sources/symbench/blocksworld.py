"""Blocks in stacks are moved one at a time, top blocks only, until the stacks are as wanted.

One of the published items starts in its goal state: a block goes there and back.
The original has no bound on the number of moves; ours states one, which a plan of our own keeps, and checks it.
"""

import random
import re
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import lines
from curriculum.tasks.sources.symbench.parts.block_stacks import Move, Stacks, moved, plan
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_MAX_MOVES_READ = 500
_MAX_DRAWS = 50
_MOVE = re.compile(
    r"(?:(?:step\s*)?[0-9]{1,3}\s*[.):]\s*)?move\s+(?:block\s+)?(?P<block>[A-Za-z][A-Za-z0-9]{0,9})"
    r"\s+from\s+(?:stack\s*)?(?P<source>[0-9]{1,3})\s+to\s+(?:stack\s*)?(?P<target>[0-9]{1,3})\.?",
    re.IGNORECASE,
)
_RULES = """\
Blocks stand in numbered stacks. Each line below lists one stack from its bottom (left) to its top (right).

{start}

In one move, take the top block of one stack and put it on top of another of the stacks listed under the initial state \
(an empty one too). Nothing but a top block can be taken, and no stack can be added.

Reach the goal state in at least one and at most {max_moves} moves. \
A stack that the goal state does not list must be empty in the end.

Give the moves in order between <<< and >>>, one per line, each in the form
Move X from S to T
where X is the block, S the number of the stack it is taken from and T the number of the stack it is put on."""


class Blocksworld:
    """A sequence of moves of top blocks that rebuilds the stacks."""

    name = "blocksworld"
    capability: Capability = "search"
    levels: tuple[dict[str, Any], ...] = (
        {"num_blocks": 2, "num_stacks": 4, "spare_moves": 6},
        {"num_blocks": 3, "num_stacks": 4, "spare_moves": 4},
        {"num_blocks": 4, "num_stacks": 4, "spare_moves": 3},
        {"num_blocks": 5, "num_stacks": 4, "spare_moves": 2},
        {"num_blocks": 7, "num_stacks": 5, "spare_moves": 1},
    )

    def generate(
        self, rng: random.Random, *, num_blocks: int = 4, num_stacks: int = 4, spare_moves: int = 3
    ) -> Item:
        """Random stacks, and random ones to reach.

        Args:
            rng: Source of all randomness.
            num_blocks: Blocks, 2 to 8.
            num_stacks: Stacks, 3 to 6.
            spare_moves: By how many moves the bound exceeds the length of our own plan.
        """
        require_between("num_blocks", num_blocks, 2, 8)
        require_between("num_stacks", num_stacks, 3, 6)
        require_between("spare_moves", spare_moves, 0, 100)
        for _ in range(_MAX_DRAWS):
            start, goal = (_random_stacks(rng, num_blocks, num_stacks) for _ in range(2))
            moves = plan(start, goal) if start != goal else None
            if moves:
                return _item(start, goal, moves, max_moves=len(moves) + spare_moves)
        raise RuntimeError(f"no plan for {num_blocks} blocks in {num_stacks} stacks after {_MAX_DRAWS} draws")

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the moves are legal one after another, few enough, and reach the goal."""
        moves = _moves(answer)
        if moves is None or len(moves) > facts["max_moves"]:
            return False
        stacks: Stacks | None = tuple(tuple(stack) for stack in facts["start"])
        for move in moves:
            stacks = moved(stacks, move)
            if stacks is None:
                return False
        return stacks == tuple(tuple(stack) for stack in facts["goal"])

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in a published row: key task, a text with both states. The bound is four moves a block."""
        before, _, after = str(row["task"]).partition("Goal State:")
        start, listed = _stacks_in(before), _stacks_in(after)
        goal = listed + ((),) * (len(start) - len(listed))
        if sorted(sum(start, ())) != sorted(sum(goal, ())) or len(goal) != len(start):
            raise ValueError(
                "rule 'the same blocks and stacks before and after' is broken: no plan can mend that"
            )
        moves = plan(start, goal) if start != goal else _there_and_back(start)
        if not moves:
            raise ValueError("rule 'the goal can be reached' is broken: no plan was found")
        num_blocks = len(sum(start, ()))
        return _item(start, goal, moves, max_moves=max(len(moves), 4 * num_blocks), num_listed=len(listed))


def _item(
    start: Stacks, goal: Stacks, moves: list[Move], *, max_moves: int, num_listed: int | None = None
) -> Item:
    state = f"Initial state:\n{_lines(start)}\n\nGoal state:\n{_lines(goal[:num_listed])}"
    return Item(
        question=_RULES.format(start=state, max_moves=max_moves),
        answer="\n".join(f"Move {move.block} from {move.source + 1} to {move.target + 1}" for move in moves),
        facts={
            "start": [list(stack) for stack in start],
            "goal": [list(stack) for stack in goal],
            "max_moves": max_moves,
        },
    )


def _there_and_back(stacks: Stacks) -> list[Move]:
    source = next(n for n, stack in enumerate(stacks) if stack)
    target, block = (source + 1) % len(stacks), stacks[source][-1]
    return [Move(block, source, target), Move(block, target, source)]


def _lines(stacks: Stacks) -> str:
    return "\n".join(f"stack{n}: {' '.join(stack) or '(empty)'}" for n, stack in enumerate(stacks, start=1))


def _random_stacks(rng: random.Random, num_blocks: int, num_stacks: int) -> Stacks:
    stacks: list[list[str]] = [[] for _ in range(num_stacks)]
    for block in rng.sample("ABCDEFGH"[:num_blocks], num_blocks):
        rng.choice(stacks).append(block)
    return tuple(tuple(stack) for stack in stacks)


def _stacks_in(text: str) -> Stacks:
    found = {int(n): tuple(blocks.split()) for n, blocks in re.findall(r"(?m)^stack(\d+):([^\n]*)$", text)}
    return tuple(found[n] for n in sorted(found))


def _moves(answer: str) -> list[Move] | None:
    """Moves, one per line or separated by semicolons or commas, in brackets and quotes or not."""
    pieces = [piece for line in lines(answer) for piece in re.split(r"[\n;,]", line)]
    parts = [piece.strip().strip("\"'`").strip() for piece in pieces]
    found = [_MOVE.fullmatch(part) for part in parts if part]
    matches = [match for match in found if match]
    if not matches or len(matches) != len(found) or len(matches) > _MAX_MOVES_READ:
        return None
    return [
        Move(match["block"].upper(), int(match["source"]) - 1, int(match["target"]) - 1) for match in matches
    ]


FAMILY = Blocksworld()
