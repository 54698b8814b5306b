"""The presets draw the tasks that they drew before there was a choice of policies: sequences written down back then."""

import pytest

from curriculum.policies.choice import curriculum_policy
from curriculum.potential import TaskPotential
from curriculum.task import Task, TaskOutcome
from driver.config_loading import load_config

SMOKE = ["8 6 4 11", "2 4 6 9"]
LAPTOP = [
    "11 8 6 1 21 16",
    "6 11 16 18 1 8",
    "19 6 21 1 8 18",
    "21 16 11 18 6 8",
    "18 1 21 11 19 16",
    "8 6 18 1 16 19",
    "11 21 1 8 16 18",
    "19 1 6 11 16 21",
    "1 18 16 19 8 6",
    "9 3 19 16 0 21",
    "8 6 3 18 9 19",
    "21 13 11 2 18 4",
    "23 8 6 21 14 1",
    "18 11 6 0 8 16",
    "18 21 9 14 1 3",
    "16 13 19 11 1 18",
    "14 0 21 23 4 2",
    "9 6 14 0 8 1",
    "21 19 16 23 8 2",
    "21 11 1 14 19 22",
    "6 13 23 4 3 16",
    "9 5 0 12 10 6",
    "17 7 15 2 18 20",
    "21 11 8 19 0 6",
    "13 23 9 14 6 3",
    "18 14 20 4 2 9",
]
STEPS = {"smoke": [1, 1], "laptop": [9, 9, 8]}


def _task(number: int) -> Task:
    fields = {"source": "s", "split": "train", "checker": "c", "payload": "{}"}
    return Task(task_id=str(number), family=f"f{number % 3}", question=str(number), **fields)


@pytest.mark.parametrize(
    ("preset", "num_per_step", "num_tasks", "drawn"), [("smoke", 4, 12, SMOKE), ("laptop", 6, 24, LAPTOP)]
)
def test_a_preset_draws_the_very_same_tasks_as_before(
    preset: str, num_per_step: int, num_tasks: int, drawn: list[str]
) -> None:
    config = load_config(preset, [f"curriculum.steps_per_stage={STEPS[preset]}"]).curriculum
    potentials = [TaskPotential.measured(str(i), 7 * i % 5, 4) for i in range(num_tasks)]
    policy = curriculum_policy([_task(i) for i in range(num_tasks)], potentials, config)
    for step, expected in enumerate(drawn):
        ids = [task.task_id for task in policy.next_tasks(num_per_step, step)]
        assert " ".join(ids) == expected
        for task_id in ids:
            correct = (int(task_id) + step) % 5
            policy.observe(TaskOutcome(task_id=task_id, num_correct=correct, num_rollouts=4, version=step))


@pytest.mark.parametrize(
    ("preset", "policy"),
    [
        *(("smoke", "stages"), ("laptop", "stages"), ("mini", "stages"), ("cluster", "stages")),
        *(("one_gpu", "online"), ("single_node", "online")),
    ],
)
def test_small_presets_and_the_papers_have_its_stages_and_the_others_the_modern_policy(
    preset: str, policy: str
) -> None:
    assert load_config(preset).curriculum.policy == policy
