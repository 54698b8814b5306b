import itertools
import json
from typing import Any

import pytest

from curriculum.task import Task
from curriculum.tasks.checkers import check
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sources.reasoning_gym.rules import OWN_RULES
from curriculum.tasks.sources.reasoning_gym.scores import is_right
from tests.support.cpu_time import least_cpu_s

JUNK = (
    *("nan", "NaN", "-nan", "nanj", "nani", "nan+nanj", "inf", "-inf", "infinity", "infj", "1e999", "sNaN"),
    *(
        "",
        " ",
        ".",
        "None",
        "True",
        "yes",
        "answer",
        "[]",
        "{}",
        "()",
        "((",
        "0x",
        "1/0",
        "j",
        "i",
        "\x00",
        "\ud800",
    ),
    *(
        "0.123456789",
        "-987654321",
        "9" * 5000,
        "a" * 5000,
        "[" * 500,
        "__import__('os')",
        "1 or 2 or 3",
        "print(1)",
    ),
)
# Too slow to generate for a unit test.
SLOW = {"knight_swap", "number_sequence", "zebra_puzzles", "futoshiki", "sokoban", "rubiks_cube", "puzzle24"}
WITHOUT_GOLD = {"boxnet", "graph_color", "propositional_logic", "rubiks_cube", "rush_hour"}


def _gold(task: Task) -> str:
    return str(decode_payload(task.payload)["answer"])


def _item(name: str, **config: Any) -> dict[str, Any]:
    import reasoning_gym

    item: dict[str, Any] = reasoning_gym.create_dataset(name, size=1, seed=11, **config)[0]
    return item


def test_gold_answers_of_the_laptop_families_pass(laptop_tasks: list[Task]) -> None:
    assert [t.task_id for t in laptop_tasks if not check(t, _gold(t))] == []


@pytest.mark.parametrize("spelling", ["  {}\n", "{}.", " {} . "])
def test_spacing_and_a_closing_period_do_not_matter(laptop_tasks: list[Task], spelling: str) -> None:
    assert [t.task_id for t in laptop_tasks if not check(t, spelling.format(_gold(t)))] == []


def test_junk_fails_on_the_laptop_families(laptop_tasks: list[Task]) -> None:
    assert len(JUNK) >= 30
    passed = [(t.task_id, junk[:20]) for t in laptop_tasks[::3] for junk in JUNK if check(t, junk)]
    assert passed == []


def test_gold_of_another_item_fails(laptop_tasks: list[Task]) -> None:
    for task, other in itertools.pairwise(laptop_tasks):
        if _gold(task) != _gold(other) and task.family == other.family:
            assert not check(task, _gold(other))


def test_missing_answer_is_wrong(laptop_tasks: list[Task]) -> None:
    assert not check(laptop_tasks[0], None)


def test_unknown_checker_and_damaged_payload_are_our_errors(laptop_tasks: list[Task]) -> None:
    with pytest.raises(ValueError, match="known are"):
        check(laptop_tasks[0].model_copy(update={"checker": "oracle"}), "1")
    with pytest.raises(ValueError, match="Expecting"):
        check(laptop_tasks[0].model_copy(update={"payload": "{"}), "1")


@pytest.mark.parametrize("family", ["chain_sum", "gcd"])
def test_whole_numbers_may_be_written_with_decimals_that_are_zero(
    family: str, laptop_tasks: list[Task]
) -> None:
    task = next(t for t in laptop_tasks if t.family == family)
    assert check(task, f"{_gold(task)}.0")
    assert not check(task, f"{_gold(task)}.5")


def test_every_familys_gold_scores_full_after_the_round_trip_through_json() -> None:
    from reasoning_gym.factory import DATASETS

    from curriculum.tasks.sources.reasoning_gym.items import UNSTABLE, draft, scorer

    wrong = []
    for name in sorted(DATASETS.keys() - SLOW - UNSTABLE - WITHOUT_GOLD):
        item = _item(name)
        task = draft(name, {}, item).task("reasoning_gym", name, 0, "train")
        # Text equal to the gold takes a shortcut in the checker, so the rule behind it is asked too.
        payload = decode_payload(task.payload)
        rule = OWN_RULES.get(name)
        answer = item["answer"]
        by_rule = rule(payload, answer) if rule else scorer(name).score_answer(answer, payload) >= 0.99
        if not by_rule or not check(task, answer):
            wrong.append(name)
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "junk"),
    [
        ("game_of_life_halting", "maybe"),
        ("coin_flip", "0"),
        ("complex_arithmetic", "nan"),
        ("number_sorting", "nan"),
        ("puzzle24", "6*4*1*1"),
        ("countdown", "0"),
        ("prime_factorization", "x"),
        ("game_of_life", "[["),
    ],
)
def test_known_hacks_of_the_packages_scorers_fail(name: str, junk: str) -> None:
    item = _item(name)
    assert not check(_task(name, item), junk)


def test_right_answers_pass_the_replaced_rules() -> None:
    for name in (
        "game_of_life_halting",
        "coin_flip",
        "number_sorting",
        "countdown",
        "n_queens",
        "spiral_matrix",
    ):
        item = _item(name)
        spaced = item["answer"].replace("+", " + ").replace(", ", ",")
        assert is_right(name, {}, item, spaced), name


def test_sorted_numbers_off_by_half_are_wrong() -> None:
    item = _item("number_sorting")
    off = json.dumps([str(float(n) + 0.5) for n in json.loads(item["answer"].replace("'", '"'))])
    assert not is_right("number_sorting", {}, item, off)


def test_puzzle24_needs_the_given_numbers() -> None:
    item = {"answer": "?", "question": "", "metadata": {"numbers": [1, 2, 3, 4]}}
    assert is_right("puzzle24", {}, item, "1*2*3*4")
    assert is_right("puzzle24", {}, item, "(1+2+3) * 4")
    assert not is_right("puzzle24", {}, item, "6*4*1*1")
    assert not is_right("puzzle24", {}, item, "1*2*3*4*1")


@pytest.mark.parametrize(
    "name", ["simple_integration", "polynomial_multiplication", "countdown", "spiral_matrix"]
)
def test_answers_are_never_evaluated(name: str, tmp_path: Any) -> None:
    mark = tmp_path / "mark"
    task = _task(name, _item(name))
    for answer in (
        f"open({str(mark)!r}, 'w')",
        f"__import__('pathlib').Path({str(mark)!r}).touch()",
        f"[x for x in [open({str(mark)!r}, 'w')]]",
        "x.__class__",
        "\uff4f\uff50\uff45\uff4e(1)",
        "9**9**9**9",
        "2**(9**99999)",
    ):
        assert not check(task, answer)
        assert least_cpu_s(lambda answer=answer: check(task, answer)) < 5
    assert not mark.exists()


def test_equivalent_formula_passes_where_the_dataset_allows_it() -> None:
    item = _item("simple_integration")
    assert is_right("simple_integration", {}, item, item["answer"].replace(" + C", "") + " + C + 7")


def _task(name: str, item: dict[str, Any]) -> Task:
    from curriculum.tasks.sources.reasoning_gym.items import draft

    return draft(name, {}, item).task("reasoning_gym", name, 0, "train")
