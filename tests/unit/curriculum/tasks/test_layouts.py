"""Every family of the 144: a right answer is right in every layout and wrapping, and spoiled it is wrong."""

from typing import Any

import pytest
from printed_layouts import layouts
from source_files import ROOT
from wrappings import NOT_WRAPPED, SPOILED, WRAPPINGS

from curriculum.task import Task
from curriculum.tasks.catalogue import catalogue
from curriculum.tasks.checkers import check
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sets.build import build_task_set

_BBH = ROOT.parent / "shared" / "data" / "bbh" / "bbh"
FAMILIES = tuple(catalogue())
WITHOUT_REFERENCE = {"graph_color", "propositional_logic", "rubiks_cube"}
_OTHERS = {
    "constrained_linear_arrangement": "a draw leaves several orders",
    "cryptarithm": "letters may be the same",
    "game24": "numbers may be the same",
    "logic_puzzle": "several selections fit a small grid",
    "sokoban": "a longer way may solve a small board",
}


@pytest.fixture(scope="module")
def tasks() -> dict[str, list[Task]]:
    config = TaskSetConfig(
        preset="r1ci",
        bbh_folder=str(_BBH) if _BBH.is_dir() else None,
        sft_per_family=0,
        train_per_family=4,
        test_per_family=0,
        held_out_per_family=4,
        seed=3,
    )
    found: dict[str, list[Task]] = {}
    for task in build_task_set(config):
        found.setdefault(task.family, []).append(task)
    return found


def _referenced(tasks: dict[str, list[Task]], family: str) -> list[tuple[Task, str]]:
    if family not in tasks:
        pytest.skip(f"no data for {family} at {_BBH}")
    answers: list[Any] = [decode_payload(task.payload)["answer"] for task in tasks[family]]
    assert (None in answers) == (family in WITHOUT_REFERENCE)
    return [
        (task, str(answer)) for task, answer in zip(tasks[family], answers, strict=True) if answer is not None
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_reference_is_right_in_every_layout(family: str, tasks: dict[str, list[Task]]) -> None:
    wrong = {
        (name, text)
        for task, reference in _referenced(tasks, family)
        for name, text in layouts(family, reference).items()
        if not check(task, text)
    }
    assert wrong == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_reference_is_right_in_every_wrapping(family: str, tasks: dict[str, list[Task]]) -> None:
    wrong = {
        name
        for task, reference in _referenced(tasks, family)
        for name, form in WRAPPINGS.items()
        if not check(task, form.format(reference))
    }
    assert wrong <= set(NOT_WRAPPED.get(family, ()))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_spoiled_reference_is_wrong(family: str, tasks: dict[str, list[Task]]) -> None:
    right = {
        (name, reference)
        for task, reference in _referenced(tasks, family)
        for name, form in SPOILED.items()
        if check(task, form.format(reference))
    }
    assert right == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_reference_of_another_item_is_wrong_in_every_layout(
    family: str, tasks: dict[str, list[Task]]
) -> None:
    if family in _OTHERS:
        pytest.skip(_OTHERS[family])
    found = _referenced(tasks, family)
    for task, reference in found:
        for _, other in found:
            if " ".join(other.split()) != " ".join(reference.split()):
                passed = [text for text in layouts(family, other).values() if check(task, text)]
                assert passed == [], (reference, other)
