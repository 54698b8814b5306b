"""Stacks of blocks: the effect of a move, and plans between two states."""

import heapq
from collections.abc import Iterator
from typing import NamedTuple

Stacks = tuple[tuple[str, ...], ...]
"""Blocks of each stack, bottom first."""

_MAX_STATES = 30_000


class Move(NamedTuple):
    """A block goes from one stack to another; stacks count from 0."""

    block: str
    source: int
    target: int


def moved(stacks: Stacks | None, move: Move) -> Stacks | None:
    """The stacks after a move; None if it is not legal."""
    if stacks is None or move.source == move.target or not _exist(stacks, move):
        return None
    if not stacks[move.source] or stacks[move.source][-1] != move.block:
        return None
    changed = list(stacks)
    changed[move.source] = changed[move.source][:-1]
    changed[move.target] = (*changed[move.target], move.block)
    return tuple(changed)


def plan(start: Stacks, goal: Stacks) -> list[Move] | None:
    """Moves from one state to another, few but not always the fewest; None if there are none in reach.

    Best-first search by twice the estimated rest plus the moves so far.
    """
    came_from: dict[Stacks, tuple[Stacks, Move] | None] = {start: None}
    queue = [(0, 0, 0, start)]
    while queue and len(came_from) < _MAX_STATES:
        _, _, num_moves, stacks = heapq.heappop(queue)
        if stacks == goal:
            return _path(came_from, goal)
        for move, after in _successors(stacks):
            if after not in came_from:
                came_from[after] = (stacks, move)
                rank = num_moves + 1 + 2 * _estimated_rest(after, goal)
                heapq.heappush(queue, (rank, len(came_from), num_moves + 1, after))
    return None


def _exist(stacks: Stacks, move: Move) -> bool:
    return 0 <= move.source < len(stacks) and 0 <= move.target < len(stacks)


def _successors(stacks: Stacks) -> Iterator[tuple[Move, Stacks]]:
    for source, stack in enumerate(stacks):
        for target in range(len(stacks)):
            if stack and target != source:
                move = Move(stack[-1], source, target)
                after = moved(stacks, move)
                if after is not None:
                    yield move, after


def _estimated_rest(stacks: Stacks, goal: Stacks) -> int:
    """Blocks not in their final place, and those once more that block what must go below them."""
    rest = 0
    for stack, wanted in zip(stacks, goal, strict=True):
        settled = 0
        while settled < min(len(stack), len(wanted)) and stack[settled] == wanted[settled]:
            settled += 1
        above = stack[settled:]
        rest += len(above) + sum(block in wanted for block in above)
    return rest


def _path(came_from: dict[Stacks, tuple[Stacks, Move] | None], goal: Stacks) -> list[Move]:
    moves: list[Move] = []
    step = came_from[goal]
    while step is not None:
        moves.append(step[1])
        step = came_from[step[0]]
    return moves[::-1]
