import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.task import Task
from curriculum.tasks.checkers import exact, number
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set

ROW = {
    "task_id": "mine/capitals/1",
    "family": "capitals",
    "source": "mine",
    "split": "train",
    "question": "What is the capital of France?",
    "checker": "exact",
    "payload": '{"answer": "Paris"}',
}


def written(tmp_path, *rows):
    path = tmp_path / "tasks.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_file_of_own_tasks_takes_the_place_of_the_preset(tmp_path):
    assert build_task_set(TaskSetConfig(file=written(tmp_path, ROW))) == [Task(**ROW)]


def test_own_task_with_unknown_checker_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"tasks.jsonl: no checker is called 'magic': known are \['boolean'"):
        build_task_set(TaskSetConfig(file=written(tmp_path, {**ROW, "checker": "magic"})))


def test_line_that_is_no_task_is_named_by_number_and_field(tmp_path):
    bad = {key: value for key, value in ROW.items() if key != "question"}
    with pytest.raises(ValueError, match=r"line 2 is not a task: question"):
        build_task_set(TaskSetConfig(file=written(tmp_path, ROW, bad)))


def test_question_in_two_splits_is_refused(tmp_path):
    twin = {**ROW, "task_id": "mine/capitals/2", "split": "test"}
    with pytest.raises(ValueError, match="belongs to one split"):
        build_task_set(TaskSetConfig(file=written(tmp_path, ROW, twin)))


@pytest.mark.parametrize("answer", ["0.75", "3/4", "+0.750", "6/8"])
def test_number_is_right_in_other_spellings(answer):
    assert number({"answer": "3/4"}, answer)


@pytest.mark.parametrize(
    "answer", ["", "nan", "inf", "1e999999999", "3/0", "0.7500001", "three", "٣/٤", "9" * 10_000]
)
def test_number_is_wrong_for_junk(answer):
    assert not number({"answer": "3/4"}, answer)


def test_tolerance_is_inclusive():
    assert number({"answer": "1", "tolerance": "0.1"}, "1.1")
    assert not number({"answer": "1", "tolerance": "0.1"}, "1.1001")


def test_exact_ignores_case_and_spacing_only():
    assert exact({"answer": "New York"}, "  new   york ")
    assert not exact({"answer": "New York"}, "newyork")


@given(st.text(max_size=60))
def test_number_never_raises(text):
    assert number({"answer": "5"}, text) in (True, False)
