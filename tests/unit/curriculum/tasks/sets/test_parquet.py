import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curriculum.task import Task
from curriculum.tasks.sets.parquet import content_hash, freeze, load


def test_frozen_tasks_come_back_equal(laptop_tasks: list[Task], tmp_path: Path) -> None:
    path = tmp_path / "set" / "tasks.parquet"
    frozen = freeze(laptop_tasks, path)
    table = load(path)
    assert list(table) == laptop_tasks
    assert len(table) == len(laptop_tasks)
    assert table[3] == laptop_tasks[3]
    assert table[-1] == laptop_tasks[-1]
    assert table.by_id(laptop_tasks[7].task_id) == laptop_tasks[7]
    assert table.split("test") == [t for t in laptop_tasks if t.split == "test"]
    assert table.content_hash == frozen == content_hash(laptop_tasks)
    assert table.is_intact()
    assert [p.name for p in path.parent.iterdir()] == ["tasks.parquet"]


def test_rows_are_found_across_row_groups(tmp_path: Path) -> None:
    tasks = [_task(n) for n in range(1300)]
    freeze(tasks, tmp_path / "t.parquet")
    table = load(tmp_path / "t.parquet")
    assert [table[n].task_id for n in (0, 511, 512, 1299)] == ["t0", "t511", "t512", "t1299"]
    with pytest.raises(IndexError):
        table[1300]


def test_hash_depends_on_content_and_order_only(laptop_tasks: list[Task]) -> None:
    assert content_hash(laptop_tasks) == content_hash(tuple(laptop_tasks))
    assert content_hash(laptop_tasks) != content_hash(laptop_tasks[::-1])


def test_table_pickles_as_its_path(laptop_tasks: list[Task], tmp_path: Path) -> None:
    freeze(laptop_tasks, tmp_path / "t.parquet")
    data = pickle.dumps(load(tmp_path / "t.parquet"))
    assert len(data) < 500
    assert pickle.loads(data)[0] == laptop_tasks[0]


def test_unknown_id_missing_file_and_foreign_file_are_named(laptop_tasks: list[Task], tmp_path: Path) -> None:
    freeze(laptop_tasks, tmp_path / "t.parquet")
    with pytest.raises(KeyError, match="no task 'x'"):
        load(tmp_path / "t.parquet").by_id("x")
    with pytest.raises(FileNotFoundError, match="freeze one first"):
        load(tmp_path / "absent.parquet")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "foreign.parquet")
    with pytest.raises(ValueError, match="freeze the task set again"):
        load(tmp_path / "foreign.parquet")


def test_changed_content_is_noticed(laptop_tasks: list[Task], tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    freeze(laptop_tasks, path)
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    assert not load(path).is_intact()


def test_shared_ids_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="share ids"):
        freeze([_task(1), _task(1)], tmp_path / "t.parquet")


def _task(n: int) -> Task:
    return Task(
        task_id=f"t{n}", family="f", source="s", split="train", question=f"q{n}", checker="c", payload="{}"
    )
