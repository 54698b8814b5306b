"""Puzzles have one solution each, and grids are right."""

import random

import pytest

from curriculum.tasks.sources.symbench.parts.sudoku_grids import is_filled, puzzle, random_grid


def rows(cells: list[int]) -> list[list[int]]:
    return [cells[start : start + 9] for start in range(0, 81, 9)]


def count_solutions(cells: list[int], most: int = 2) -> int:
    """By plain search, apart from the code under test."""
    options: list[tuple[int, list[int]]] = []
    for cell in (cell for cell in range(81) if not cells[cell]):
        row, column = divmod(cell, 9)
        seen = {
            cells[other]
            for other in range(81)
            if other // 9 == row
            or other % 9 == column
            or (other // 27 == row // 3 and other % 9 // 3 == column // 3)
        }
        options.append((cell, [digit for digit in range(1, 10) if digit not in seen]))
    if not options:
        return 1
    cell, digits = min(options, key=lambda option: len(option[1]))
    found = 0
    for digit in digits:
        cells[cell] = digit
        found += count_solutions(cells, most - found)
        cells[cell] = 0
        if found >= most:
            break
    return found


def test_random_grids_are_filled_right_and_differ() -> None:
    grids = [random_grid(random.Random(seed)) for seed in range(20)]
    assert all(is_filled(rows(grid)) for grid in grids)
    assert len({tuple(grid) for grid in grids}) == 20


def test_a_grid_with_a_repeat_or_of_another_shape_is_not_filled() -> None:
    grid = random_grid(random.Random(0))
    assert not is_filled(rows([grid[1], grid[0], *grid[2:]]))
    assert not is_filled(rows(grid)[:8])
    assert not is_filled([row[:8] for row in rows(grid)])


@pytest.mark.parametrize("num_givens", [45, 30, 26])
def test_a_puzzle_keeps_digits_of_its_grid_and_has_no_second_solution(num_givens: int) -> None:
    rng = random.Random(num_givens)
    grid = random_grid(rng)
    cells = puzzle(grid, num_givens, rng)
    assert all(digit in (0, of_grid) for digit, of_grid in zip(cells, grid, strict=True))
    assert num_givens <= sum(digit > 0 for digit in cells) <= num_givens + 3
    assert count_solutions(list(cells)) == 1
