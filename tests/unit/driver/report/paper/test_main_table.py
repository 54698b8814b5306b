from dataclasses import replace

import pytest

from driver.report.evaluation import Item
from driver.report.paper.main_table import accuracy_rows, differences, gain_rows, parts, plain_rows, source_of
from driver.report.paper.numbers import PAPER_ROWS
from driver.report.run_data import RunData, read_run
from tests.unit.driver.report.fake_run import write_fake_run


def items(*outcomes: tuple[str, bool, float]) -> list[Item]:
    """(family, held out, correct) in the order of their ids."""
    return [
        Item(f"t/{n}", family, is_held_out, correct, 1.0, "answer")
        for n, (family, is_held_out, correct) in enumerate(outcomes)
    ]


@pytest.fixture
def data(tmp_path) -> RunData:
    empty = read_run(write_fake_run(tmp_path / "fake", num_steps=2, items_per_family=2))
    sft = items(("gcd", False, 0.0), ("gcd", False, 1.0), ("game24", False, 0.0), ("snarks", True, 1.0))
    grpo = items(("gcd", False, 1.0), ("gcd", False, 1.0), ("game24", False, 0.0), ("snarks", True, 0.5))
    return replace(
        empty, evaluation={"sft": sft, "grpo": grpo}, agent="guided", other_agents={"text": {"sft": sft}}
    )


def test_columns_are_the_sources_that_were_evaluated_and_all_of_them(data: RunData) -> None:
    assert parts(data) == [
        ("symbench", False),
        ("bbh", True),
        ("reasoning_gym", False),
        ("all", False),
        ("all", True),
    ]
    assert source_of("my_own_family") == "own"


def test_a_cell_is_the_mean_over_the_families_of_its_source(data: RunData) -> None:
    rows = {(row.agent, row.what): row.cells for row in accuracy_rows(data)}
    assert list(rows) == [("guided", "sft"), ("guided", "grpo"), ("text", "sft")]
    # gcd has one of two right, game24 none of one.
    assert rows["guided", "sft"]["reasoning_gym", False].mean == 0.5
    assert rows["guided", "sft"]["all", False].mean == 0.25
    assert rows["guided", "grpo"]["all", False].mean == 0.5
    assert rows["guided", "grpo"]["bbh", True].mean == 0.5


def test_gains_are_of_agents_that_have_both_policies(data: RunData) -> None:
    (row,) = gain_rows(data)
    assert (row.agent, row.what) == ("guided", "GRPO over SFT")
    assert row.cells["all", False].mean == 0.25
    assert row.cells["bbh", True].mean == -0.5
    assert {(c["source"], c["families_held_out"]): c["num_tasks"] for c in plain_rows([row])} == {
        **{("reasoning_gym", False): 2, ("symbench", False): 1, ("bbh", True): 1},
        **{("all", False): 3, ("all", True): 1},
    }


def test_the_line_on_what_differs_has_both_sides(data: RunData) -> None:
    line = differences(data)
    assert "SmolLM2, 2 families trained on and 1 held out, traces not recorded, 2 steps" in line
    assert "Qwen2.5-14B" in line


def test_every_number_of_the_paper_says_where_it_was_read() -> None:
    assert all(row.place and row.accuracy for row in PAPER_ROWS)
    # No account that was read gives Reasoning Gym's.
    assert not any(source == "reasoning_gym" for row in PAPER_ROWS for source, _ in row.accuracy)
