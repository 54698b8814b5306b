"""Generated tasks get as hard as the published ones."""

import pytest
from difficulty import MEASURES, generated, published
from published_rows import published_rows
from source_files import ROOT

from curriculum.tasks.sources.symbench import FAMILY_MODULES, STAND_INS, family

PUBLISHED = ROOT.parent / "shared" / "data" / "symbench"
# Of the whole files, of which the rows at hand are the first; letters, numbers, cells to select, letters.
HARDEST = {"letters": 700, "game24": 80, "logic_puzzle": 25, "logical_equation": 15}


def test_every_family_but_the_stand_ins_has_a_measure() -> None:
    assert set(MEASURES) == set(FAMILY_MODULES) - STAND_INS


@pytest.mark.parametrize("name", MEASURES)
def test_the_hardest_generated_task_is_as_hard_as_the_hardest_published_one(name: str) -> None:
    hardest = max(max(values) for values in generated(name, num_tasks=12))
    assert hardest >= HARDEST.get(name, 0)
    assert published_rows(name)  # skips where they are not at hand
    assert hardest >= max(published(name, PUBLISHED))


def test_a_grid_is_as_wide_as_the_widest_published_one() -> None:
    assert max(level["size"] for level in family("logic_puzzle").levels) == 10
