"""A held-out family is new: no trained one has its rule, its program or its wording."""

import collections
import itertools
import json
from pathlib import Path

import pytest
from likeness import alike_by_rule, alike_by_wording, answers_by_evaluation
from source_files import ROOT

from curriculum.task import Task
from curriculum.tasks.catalogue import sources
from curriculum.tasks.checkers import preload
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set
from curriculum.tasks.split import (
    ALIKE,
    SPLIT_FILE,
    SPLIT_VERSION,
    TRAINED,
    drawn_held_out,
    held_out_families,
)

BBH = ROOT.parent / "shared" / "data" / "bbh" / "bbh"
NUM_TASKS = 6

# Both compare sets of lists with lists that the facts hold, so each judges the other's: not the same question.
SHARED_READING = {("group_anagrams", "palindrome_partitioning")}
# Alike in wording, and yet another computation.
WORDING_ALONE = {
    ("arc_1d", "list_functions"),  # rules of cells against rules of lists
    ("binary_matrix", "rotate_matrix"),  # distances against turning
    ("eight_queens", "letter_logic_diagram"),  # a placement against a Latin square
    ("letter_logic_diagram", "logic_puzzle"),  # a Latin square against sums of cells
    ("letter_logic_diagram", "standard_sudoku"),  # diagonals of equal letters against boxes of digits
    ("futoshiki", "mini_sudoku"),  # order signs against boxes
    ("boolean_expressions", "self_reference"),  # evaluate against count the solutions
    ("hyperbaton", "sentence_reordering"),  # order of adjectives against order of a whole sentence
    ("gsm_symbolic", "products"),  # the package's "Give only the result as your final answer"
    ("intermediate_integration", "polynomial_multiplication"),  # the package's hints on spelling
    ("polynomial_multiplication", "simple_integration"),  # the package's hints on spelling
}


@pytest.fixture(scope="module")
def families() -> dict[str, list[Task]]:
    preload()
    config = TaskSetConfig(
        preset="r1ci", bbh_folder=str(BBH) if BBH.is_dir() else None, num_processes=2,
        sft_per_family=0, train_per_family=NUM_TASKS, test_per_family=0, held_out_per_family=NUM_TASKS,
    )  # fmt: skip
    found = collections.defaultdict(list)
    for task in build_task_set(config):
        found[task.family].append(task)
    return dict(found)


def _are_kept_together(one: str, other: str) -> bool:
    return any({one, other} <= set(group) for group in ALIKE)


def test_families_that_one_rule_judges_right_stay_together(families: dict[str, list[Task]]) -> None:
    found = {tuple(sorted(pair)) for pair in alike_by_rule(families)}
    assert found >= {
        ("string_splitting", "synthesis_decomposition"),
        ("countdown", "game24"),
        ("combinatorial_calculation", "countdown"),
        ("combinatorial_calculation", "game24"),
        ("intermediate_integration", "simple_integration"),
    }
    assert {pair for pair in found if not _are_kept_together(*pair)} <= SHARED_READING


def test_families_that_one_program_answers_stay_together(families: dict[str, list[Task]]) -> None:
    shares = answers_by_evaluation(families)
    answered = sorted(name for name, share in shares.items() if share >= 0.5)
    assert {"chain_sum", "decimal_chain_sum", "products", "number_multiply"} <= set(answered)
    assert all(_are_kept_together(one, other) for one, other in itertools.combinations(answered, 2))


def test_families_of_one_wording_stay_together_unless_they_ask_for_another_computation(
    families: dict[str, list[Task]],
) -> None:
    found = {pair for pair, likeness in alike_by_wording(families).items() if likeness >= 0.3}
    assert found >= {("chain_sum", "decimal_chain_sum"), ("gcd", "lcm")}
    assert {pair for pair in found if not _are_kept_together(*pair)} <= WORDING_ALONE


def test_the_split_has_a_version_and_trains_on_what_the_paper_trains_on() -> None:
    published = json.loads(Path(SPLIT_FILE).read_text())
    assert published["version"] == SPLIT_VERSION == 2
    assert not set(TRAINED) & held_out_families()
    assert set(TRAINED) <= set(published["train"])
    assert {"game24", "countdown"} == set(TRAINED)


@pytest.mark.parametrize("seed", range(20))
def test_no_draw_parts_a_group_or_holds_out_what_must_be_trained(seed: int) -> None:
    held_out = set(drawn_held_out(sources(), seed))
    assert len(held_out) == 37
    assert not held_out & set(TRAINED)
    assert all(len({name in held_out for name in group}) == 1 for group in ALIKE)


def test_no_family_is_in_two_groups() -> None:
    names = [name for group in ALIKE for name in group]
    assert len(names) == len(set(names))
