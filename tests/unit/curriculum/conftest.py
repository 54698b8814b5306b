import pytest

from curriculum.task import Task
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set

SMALL = TaskSetConfig(sft_per_family=8, train_per_family=8, test_per_family=4, held_out_per_family=20, seed=5)


@pytest.fixture(scope="session")
def laptop_tasks() -> list[Task]:
    return build_task_set(SMALL)
