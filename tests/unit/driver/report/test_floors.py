import json

import pytest

from curriculum.task import Task
from curriculum.tasks.payloads import encode_payload
from curriculum.tasks.sets.parquet import freeze
from driver.report import build_report
from driver.report.floors import below_floor, floor_of, floors, shortened
from tests.unit.driver.report.fake_run import write_fake_run


def tasks(answers: str, split: str = "test", family: str = "f", checker: str = "exact") -> list[Task]:
    """One task per letter, whose right answer it is."""
    return [
        Task(
            task_id=f"own/{family}/{split}{n}",
            family=family,
            source="own",
            split=split,
            question=f"Letter {n}?",
            checker=checker,
            payload=encode_payload({"answer": letter}),
        )
        for n, letter in enumerate(answers)
    ]


def test_the_answer_is_chosen_on_training_tasks_and_judged_on_the_others() -> None:
    # Among training tasks `p` is commonest; `q` would be right for 3 of 4 of those that are judged.
    floor = floor_of(tasks("ppq", "train"), tasks("qqqp"))
    assert (floor.answer, floor.rate, floor.num_tasks, floor.has_training_tasks) == ("p", 0.25, 4, True)


def test_a_standing_answer_counts_where_no_task_stores_one() -> None:
    goals = [task.model_copy(update={"checker": "number"}) for task in tasks("00", "train")]
    assert floor_of(goals, goals).rate == 1.0


def test_without_training_tasks_each_half_is_judged_by_the_answer_of_the_other() -> None:
    # Halves are every other task: p x p x and q q q q. Neither's commonest is right in the other half.
    floor = floor_of([], tasks("pqxqpqxq"))
    assert (floor.rate, floor.has_training_tasks) == (0.0, False)
    # Here both halves say p: right for 2 of 3 and 2 of 3.
    assert floor_of([], tasks("ppppqx")).rate == pytest.approx(4 / 6)


def test_answers_that_no_two_tasks_share_have_a_floor_of_nothing() -> None:
    assert floor_of([], tasks("abcdefgh")).rate == 0.0


def test_one_task_alone_has_a_floor() -> None:
    assert floor_of([], tasks("a")).rate == 0.0


def test_every_family_with_evaluation_tasks_has_one_and_broken_checkers_have_none() -> None:
    found = floors(
        [
            *tasks("pp", "train", "a"),
            *tasks("pq", "test", "a"),
            *tasks("rr", "held_out", "b"),
            *tasks("ss", "train", "only_trained"),
            *tasks("tt", "test", "broken", checker="no_such_checker"),
        ]
    )
    assert {family: floor.rate for family, floor in found.items()} == {"a": 0.5, "b": 1.0}


def test_families_below_their_floor_are_named_the_worst_first() -> None:
    of = floors([*tasks("pppp", "test", "a"), *tasks("pppp", "test", "b"), *tasks("abcd", "test", "c")])
    assert below_floor({"a": 0.9, "b": 0.1, "c": 0.0, "unknown": 0.0}, of) == ["b", "a"]
    assert below_floor({"a": 1.0, "b": 1.0}, of) == []


def test_the_report_names_the_families_below_their_floor(tmp_path) -> None:
    folder = write_fake_run(tmp_path / "fake", num_steps=2, items_per_family=3)
    freeze([*tasks("pppp", family="gcd"), *tasks("abcd", family="lcm")], folder / "tasks.parquet")
    evaluation = json.loads((folder / "evaluation.json").read_text())
    for item in evaluation["policies"]["grpo"]["items"]:
        item["correct"] = 0.5
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    page = build_report(folder).read_text()
    assert "where one constant answer is right more often: gcd." in page
    assert json.loads((folder / "summary.json").read_text())["below_floor"]["grpo"] == ["gcd"]


def test_long_answers_are_shown_on_one_short_line() -> None:
    assert shortened("1 2\n2 1") == "1 2 2 1"
    assert shortened("x" * 100) == "x" * 60 + "..."
