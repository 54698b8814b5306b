import json
import shutil

import pytest

from curriculum.task import Task
from curriculum.tasks.sets.parquet import freeze
from driver.__main__ import main
from driver.commands.reverify import reverify
from driver.errors import RunFolderError
from tests.unit.driver.report.fake_run import rollout_row, write_rollouts


def _gcd(number: int, answer: str, checker: str = "number") -> Task:
    return Task(
        task_id=f"gcd/{number}",
        family="gcd",
        source="reasoning_gym",
        split="train",
        question="Find the greatest common divisor.",
        checker=checker,
        payload=json.dumps({"answer": answer}),
    )


@pytest.fixture
def folder(tmp_path):
    """Four rollouts of three tasks: one judged as it should be, one wrongly right, one wrongly wrong, one unknown."""
    freeze([_gcd(0, "6"), _gcd(1, "7"), _gcd(2, "6")], tmp_path / "tasks.parquet")
    rows = [
        rollout_row(0, answer="6"),
        rollout_row(1, answer="6"),
        rollout_row(2, answer=" 6 ", is_correct=False),
        rollout_row(9, answer="6"),
    ]
    write_rollouts(tmp_path, rows)
    write_rollouts(
        tmp_path, [rollout_row(0, answer=None, is_correct=False, phase="potential")], "potential.parquet"
    )
    return tmp_path


def test_stored_answers_are_judged_by_the_checkers_of_today_and_nothing_stored_changes(folder):
    before = {file.name: file.read_bytes() for file in (folder / "rollouts").iterdir()}
    found = reverify(folder)
    assert [(one["rollout_id"], one["was"], one["now"]) for one in found.changed] == [
        ("g0/1", True, False),
        ("g1/0", False, True),
    ]
    train = found.phases["train"]
    assert (train.num_rollouts, train.was_right, train.is_right) == (3, 2, 2)
    assert (found.num_checks, found.num_timeouts, found.num_unknown) == (4, 0, 1)
    assert {file.name: file.read_bytes() for file in (folder / "rollouts").iterdir()} == before
    written = json.loads((folder / "reverified.json").read_text())
    assert written["families"] == {"gcd": {"num_rollouts": 4, "was_right": 2, "is_right": 2}}


def test_the_command_says_what_changed(folder, capsys):
    assert main(["reverify", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "2 rollouts are judged otherwise; 4 checks" in " ".join(said.split())
    assert "was right, is wrong" in said


def test_a_folder_without_rollouts_or_tasks_is_refused(folder):
    (folder / "tasks.parquet").unlink()
    with pytest.raises(RunFolderError, match=r"tasks\.parquet cannot be read"):
        reverify(folder)
    shutil.rmtree(folder / "rollouts")
    with pytest.raises(RunFolderError, match="no rollout file"):
        reverify(folder)


def test_a_checker_that_is_no_more_is_named(folder):
    freeze([_gcd(0, "6", checker="gone")], folder / "tasks.parquet")
    with pytest.raises(RunFolderError, match="task gcd/0 wants checker 'gone'"):
        reverify(folder)
