"""Every Reasoning Gym family of the 144: what is right passes in any honest spelling, and nothing else does."""

import itertools
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from junk_answers import JUNK
from reasoning_gym_solutions import (
    coloured_neighbours_alike,
    colours,
    conclusions,
    implies,
    unscrambled,
    variables_in,
)
from reasoning_gym_spellings import NEAR_BUT_RIGHT, NOT_SPELLED, RESPELLED, SPELLINGS, mutants, same_value
from source_files import ROOT

from curriculum.task import Task
from curriculum.tasks.checkers import check
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sets.build import build_task_set
from curriculum.tasks.sources.reasoning_gym.families import FAMILIES
from curriculum.tasks.sources.reasoning_gym.items import draft
from curriculum.tasks.sources.reasoning_gym.rules import OWN_RULES
from curriculum.tasks.sources.reasoning_gym.verifiers import by_package
from curriculum.tasks.sources.reasoning_gym.well_posed import is_well_posed
from tests.support.cpu_time import least_cpu_s

SMALL = TaskSetConfig(
    preset="reasoning_gym", sft_per_family=0, train_per_family=3, test_per_family=0, held_out_per_family=3
)
WITHOUT_REFERENCE = {"graph_color", "propositional_logic", "rubiks_cube"}
REFERENCED = tuple(name for name in FAMILIES if name not in WITHOUT_REFERENCE)


@pytest.fixture(scope="module")
def tasks() -> dict[str, list[Task]]:
    by_family: dict[str, list[Task]] = {}
    for task in build_task_set(SMALL):
        by_family.setdefault(task.family, []).append(task)
    return by_family


def gold(task: Task) -> str:
    return str(decode_payload(task.payload)["answer"])


def metadata(task: Task) -> dict[str, Any]:
    found: dict[str, Any] = decode_payload(task.payload)["metadata"]
    return found


def test_there_are_84_families_with_items(tasks: dict[str, list[Task]]) -> None:
    assert len(FAMILIES) == 84
    assert tasks.keys() == set(FAMILIES)
    assert {name for name, of_it in tasks.items() if gold(of_it[0]) == "None"} == WITHOUT_REFERENCE


@pytest.mark.parametrize("family", REFERENCED)
def test_reference_passes_in_every_spelling(family: str, tasks: dict[str, list[Task]]) -> None:
    failed = {
        name
        for task in tasks[family]
        for name, form in SPELLINGS.items()
        if not check(task, form.format(gold(task)))
    }
    assert failed == set(NOT_SPELLED.get(family, ()))


@pytest.mark.parametrize("family", REFERENCED)
def test_reference_passes_the_rule_itself(family: str, tasks: dict[str, list[Task]]) -> None:
    # Text equal to the reference takes a shortcut in the checker.
    for task in tasks[family]:
        payload = decode_payload(task.payload)
        rule = OWN_RULES.get(family) or by_package(family, **payload["config"])
        assert rule(payload, gold(task).strip()), task.task_id


@pytest.mark.parametrize("family", FAMILIES)
def test_no_constant_and_no_question_passes(family: str, tasks: dict[str, list[Task]]) -> None:
    # A constant that happens to say what the reference says is right: `2.0` for 2, `yes` for Yes.
    passed = [
        (task.task_id, text[:40])
        for task in tasks[family]
        for text in (*JUNK, task.question, task.question * 3)
        if not same_value(text.casefold(), gold(task).casefold()) and check(task, text)
    ]
    assert passed == []


@pytest.mark.parametrize("family", REFERENCED)
def test_near_misses_fail(family: str, tasks: dict[str, list[Task]]) -> None:
    rng = random.Random(family)
    passed = {
        name for task in tasks[family] for name, text in mutants(gold(task), rng).items() if check(task, text)
    }
    assert passed == set(NEAR_BUT_RIGHT.get(family, ()))


@pytest.mark.parametrize("family", REFERENCED)
def test_reference_of_another_item_fails(family: str, tasks: dict[str, list[Task]]) -> None:
    for task, other in itertools.permutations(tasks[family], 2):
        if not same_value(gold(other), gold(task)):
            assert not check(task, gold(other))


@pytest.mark.parametrize("family", RESPELLED)
def test_the_same_answer_written_otherwise_passes(family: str, tasks: dict[str, list[Task]]) -> None:
    for task in tasks[family]:
        assert check(task, RESPELLED[family](gold(task))), (gold(task), RESPELLED[family](gold(task)))


def test_graph_colourings_are_verified(tasks: dict[str, list[Task]]) -> None:
    for task in tasks["graph_color"]:
        right = colours(metadata(task))
        assert check(task, json.dumps(right))
        assert check(task, f"`{json.dumps(right)}`")
        assert not check(task, coloured_neighbours_alike(metadata(task)))
        assert not check(task, json.dumps(dict(list(right.items())[1:])))
        assert not check(task, json.dumps({**right, "0": 99}))
        assert not check(task, f"{json.dumps(right)} {json.dumps(right)}")


def test_cubes_are_turned(tasks: dict[str, list[Task]]) -> None:
    for task in tasks["rubiks_cube"]:
        right = unscrambled(metadata(task))
        assert check(task, right)
        for wrong in (
            right.rsplit(" ", 1)[0],
            f"{right} U",
            f"Turn {right}",
            right[::-1],
            f"{right} {right}",
        ):
            assert not check(task, wrong), wrong


def test_conclusions_follow_from_the_premises_and_say_all_they_say_of_two_variables(
    tasks: dict[str, list[Task]],
) -> None:
    for task in tasks["propositional_logic"]:
        meta = metadata(task)
        premises, about = meta["premises"], set(meta["about"])
        assert check(task, meta["example_answer"])
        # The strongest of those about these two: it follows, and all others that follow are true wherever it is.
        follow = {text for text, follows in conclusions(meta) if follows and variables_in(text) <= about}
        strongest = {text for text in follow if all(implies(text, other) for other in follow)}
        assert strongest
        for text, _ in conclusions(meta):
            assert check(task, text) == (text in strongest), (premises, text)
            assert not check(task, f"{text} \u2228 because"), text
        # Copied, or true of anything.
        wrong = (
            *premises,
            f" {premises[0]} ",
            f"({premises[0]})",
            "(P \u2228 \u00acP)",
            f"Hence {premises[0]}",
            " \u2227 ".join(premises),
        )
        assert [text for text in wrong if check(task, text)] == []


def test_a_long_formula_is_refused_at_once(tasks: dict[str, list[Task]]) -> None:
    task = tasks["propositional_logic"][0]
    assert not check(task, "\u00ac" * 9_999 + "Q")
    assert least_cpu_s(lambda: check(task, "\u00ac" * 9_999 + "Q")) < 5


def test_calendar_counts_are_exact_and_minus_one_is_no_wildcard() -> None:
    for answer, wrong in (("-1", "365"), ("-1", "0"), ("-1", "1"), ("1000", "1001"), ("1000", "999")):
        task = _task("calendar_arithmetic", answer, {"task": "recurring_event_day"})
        assert check(task, answer)
        assert not check(task, wrong)


def test_the_question_itself_is_no_quotient() -> None:
    for family, answer, copied in (
        ("basic_arithmetic", "3", "6 / 2"),
        ("decimal_arithmetic", "2.5", "7.5/3"),
    ):
        task = _task(family, answer, {})
        assert check(task, f"{answer}0" if "." in answer else f"{answer}.0")
        assert not check(task, copied)
        assert not check(task, rf"\frac{{{copied.replace('/', '}{')}}}")


def test_a_longer_way_of_the_tower_is_right_and_a_stray_word_is_not() -> None:
    facts = {"num_disks": 1, "num_pegs": 3, "start_peg": 1, "target_peg": 3, "solution_length": 1}
    task = _task("tower_of_hanoi", "Move disk 1 from Peg 1 to Peg 3", facts)
    way = "Move disk 1 from Peg 1 to Peg 2\nMove disk 1 from Peg 2 to Peg 3"
    assert check(task, way)
    assert not check(task, f"First. {way}")
    assert not check(task, way.replace("Peg 3", "Peg 0"))
    assert not check(task, way.replace("Peg 3", "Peg 4"))


def test_durations_may_be_a_millisecond_more_than_the_truncated_reference() -> None:
    task = _task("time_intervals", "00:26:39.999", {})
    assert check(task, "00:26:40.000")
    assert not check(task, "00:26:40.001")
    assert not check(task, "26:39.999")
    assert not check(task, "1 day, 00:26:39.999")


def test_answers_of_a_hundred_characters_allow_no_character_more() -> None:
    for family in (
        "rotate_matrix",
        "modulo_grid",
        "caesar_cipher",
        "number_filtering",
        "word_sequence_reversal",
    ):
        answer = ", ".join(["AB"] * 60) if family != "modulo_grid" else "\n".join(["\u2705" * 20] * 20)
        assert check(_task(family, answer, {}), answer)
        assert not check(_task(family, answer, {}), f"{answer}x"), family
        assert not check(_task(family, answer, {}), f"x{answer}"), family


def test_items_that_nobody_can_answer_are_left_out() -> None:
    assert not is_well_posed("ab", {"answer": "", "metadata": {}})
    repeated = {"answer": "-3*Integral(x**3*cos(3*x), x) + C", "metadata": {}}
    assert not is_well_posed("intermediate_integration", repeated)


_SUBSET = ("chain_sum", "isomorphic_strings", "ransom_note", "time_intervals", "word_ladder")
_HASH = f"""
from curriculum.tasks.sets.build import build_task_set
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.parquet import content_hash
if __name__ == "__main__":
    sizes = dict(sft_per_family=1, train_per_family=2, test_per_family=0, held_out_per_family=3)
    config = TaskSetConfig(preset="reasoning_gym", families={_SUBSET}, num_processes={{num}}, **sizes)
    print(content_hash(build_task_set(config)))
"""
_IN_2031 = """
import datetime
class Later(datetime.date):
    @classmethod
    def today(cls):
        return cls(2031, 2, 3)
datetime.date = Later
"""


def _printed(script: Path, text: str, hash_seed: str) -> str:
    script.write_text(text)
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_set_depends_on_no_hash_seed_no_number_of_processes_and_no_date(tmp_path: Path) -> None:
    script = tmp_path / "set_hash.py"
    hashes = [
        _printed(script, _HASH.format(num=1), "1"),
        _printed(script, _HASH.format(num=2), "2"),
        # With this hash seed a small set is made in the process itself, on another day.
        _printed(script, _IN_2031 + _HASH.format(num=1), "0"),
    ]
    assert len(hashes[0].strip()) == 64
    assert len(set(hashes)) == 1


def _task(family: str, answer: str, facts: dict[str, Any]) -> Task:
    item = {"question": "?", "answer": answer, "metadata": facts}
    return draft(family, {}, item).task("reasoning_gym", family, 0, "train")
