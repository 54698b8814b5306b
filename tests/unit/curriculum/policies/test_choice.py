import numpy as np
import pytest

from curriculum.config import CurriculumConfig
from curriculum.policies.choice import curriculum_policy
from curriculum.task import Task, TaskOutcome

TASK = Task(task_id="a", family="f", source="s", split="train", question="q", checker="c", payload="{}")
COMMON = {
    "stage",
    "epoch",
    "num_drawn",
    "num_retired",
    "num_open_tasks",
    "num_tasks",
    "num_observed",
    "mixed_share",
    "expected_potential",
}


@pytest.mark.parametrize("name", ["stages", "online", "uniform"])
def test_every_policy_has_the_metrics_that_are_compared_and_refuses_an_empty_task_set(name: str) -> None:
    config = CurriculumConfig.model_validate({"policy": name})
    policy = curriculum_policy([TASK], [], config)
    assert type(policy).__name__ == f"{name.title()}Policy"
    assert [task.task_id for task in policy.next_tasks(1, step=0)] == ["a"]
    assert policy.metrics().keys() >= COMMON
    with pytest.raises(ValueError, match="no tasks to train on"):
        curriculum_policy([], [], config)


def test_without_a_choice_it_is_the_papers_stages() -> None:
    assert type(curriculum_policy([TASK], [], CurriculumConfig())).__name__ == "StagesPolicy"


def _share_of_groups_with_signal(name: str) -> float:
    """Of 200 steps on 60 tasks, half of which are always solved and a quarter never: nothing is learned meanwhile."""
    rates = {f"t{n:02d}": (1.0, 0.5, 1.0, 0.0)[n % 4] for n in range(60)}
    tasks = [TASK.model_copy(update={"task_id": task_id}) for task_id in rates]
    policy = curriculum_policy(tasks, [], CurriculumConfig.model_validate({"policy": name}))
    generator = np.random.default_rng(7)
    for step in range(200):
        for task in policy.next_tasks(8, step):
            right = int(generator.binomial(8, rates[task.task_id]))
            outcome = TaskOutcome(task_id=task.task_id, num_correct=right, num_rollouts=8, version=step)
            policy.observe(outcome)
    return policy.metrics()["mixed_share"]


def test_the_control_meets_signal_as_often_as_it_is_among_the_tasks_and_online_oftener() -> None:
    # A quarter of the tasks are right half of the time; all eight alike have a chance of 2 / 2^8.
    uniform, online = _share_of_groups_with_signal("uniform"), _share_of_groups_with_signal("online")
    assert uniform == pytest.approx(0.25 * (1 - 2 / 256), abs=0.01)
    assert online > 1.4 * uniform
