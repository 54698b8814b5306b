import json
from pathlib import Path

import pytest

from curriculum.task import Task
from curriculum.tasks.sets.own_file import read_tasks
from curriculum.tasks.sets.parquet import freeze

ROW = {
    "task_id": "mine/sums/1",
    "family": "sums",
    "source": "mine",
    "split": "train",
    "question": "What is 2 + 2?",
    "checker": "number",
    "payload": '{"answer": "4"}',
}


def _written(tmp_path: Path, **changes: str) -> str:
    path = tmp_path / "tasks.jsonl"
    path.write_text(f"\n{json.dumps({**ROW, **changes})}\n")
    return str(path)


def test_a_line_in_order_is_a_task(tmp_path: Path) -> None:
    assert read_tasks(_written(tmp_path)) == [Task(**ROW)]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"split": "trian"}, "mine/sums/1 has split 'trian': choose from sft, train"),
        ({"payload": "4"}, "no JSON object"),
        ({"payload": "four"}, "no JSON object"),
        ({"payload": '{"result": "4"}'}, 'no "answer" in its payload'),
        ({"payload": '{"answer": "four"}'}, "its own checker number calls wrong"),
        ({"checker": "moves"}, "its own checker moves calls wrong"),
        ({"checker": "nowhere:Class"}, "no task family at 'nowhere:Class'"),
    ],
)
def test_a_task_that_no_answer_can_be_right_for_is_refused(
    changes: dict[str, str], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_tasks(_written(tmp_path, **changes))


def test_only_tasks_of_known_checkers_are_thawed(tmp_path: Path) -> None:
    path = tmp_path / "tasks.parquet"
    freeze([Task(**ROW)], path)
    assert read_tasks(str(path)) == [Task(**ROW)]
    freeze([Task(**{**ROW, "checker": "magic"})], path)
    with pytest.raises(ValueError, match="no checker is called 'magic'"):
        read_tasks(str(path))
