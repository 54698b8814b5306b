from pathlib import Path

import pytest

from curriculum.task import Task
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.parquet import freeze, load
from curriculum.tasks.split import SPLIT_VERSION
from driver.errors import RunFolderError
from driver.phases.tasks import refuse_other_split

TASK = Task(
    task_id="a/b/1", family="b", source="a", split="train", question="?", checker="exact", payload="{}"
)


def test_a_set_frozen_with_the_first_split_is_refused_with_both_versions_and_the_cure(tmp_path: Path) -> None:
    frozen = tmp_path / "tasks.parquet"
    freeze([TASK], frozen)
    message = rf"version 1 of the split .* this is version {SPLIT_VERSION}.*set folder="
    for preset in ("r1ci", "symbench", "reasoning_gym"):
        with pytest.raises(RunFolderError, match=message):
            refuse_other_split(frozen, TaskSetConfig.model_validate({"preset": preset}))


def test_sets_of_the_present_split_and_those_with_sides_of_their_own_go_on(tmp_path: Path) -> None:
    frozen = tmp_path / "tasks.parquet"
    plain = freeze([TASK], frozen)
    refuse_other_split(frozen, TaskSetConfig(preset="laptop"))
    refuse_other_split(frozen, TaskSetConfig(preset="r1ci", file="own.parquet"))
    assert freeze([TASK], frozen, split_version=SPLIT_VERSION) == plain
    assert load(frozen).split_version == SPLIT_VERSION
    refuse_other_split(frozen, TaskSetConfig(preset="r1ci"))
