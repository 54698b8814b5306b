"""What potential.json says of stages is what training does."""

import pytest

from curriculum.config import CurriculumConfig
from curriculum.policies.stages import StagesPolicy
from curriculum.potential import TaskPotential
from curriculum.task import Task
from driver.phases.potential import document

CONFIG = CurriculumConfig(steps_per_stage=(2, 2, 2, 2), min_tasks_per_group=1)


def _tasks(*ids: str) -> list[Task]:
    fields = {"source": "s", "split": "train", "checker": "exact", "payload": "{}"}
    return [Task(task_id=i, family=i[0], question=i, **fields) for i in ids]


def _row(task_id: str, agent: str, num_correct: int) -> dict[str, object]:
    return {"task_id": task_id, "agent": agent, "num_correct": num_correct, "num_rollouts": 4}


def test_a_task_that_only_another_wording_measured_has_the_stage_it_trains_in() -> None:
    tasks = _tasks("a1", "a2", "b1", "b2")
    # 2 of 4 is potential 1, the first group; 0 of 4 is potential 0, the last of four: those between are empty.
    # b1 was measured by `short` alone, b2 by nobody.
    rows = [_row("a1", "paper", 2), _row("a2", "paper", 0), _row("b1", "short", 2)]
    made = document(tasks, rows, "paper", CONFIG)
    assert {t["task_id"]: (t["potential"], t["stage"]) for t in made["tasks"]} == {
        "a1": (1.0, 1),
        "a2": (0.0, 2),
        "b1": (1.0, 1),
        "b2": (0.0, 2),
    }
    records = [
        TaskPotential.measured("a1", 2, 4),
        TaskPotential.measured("a2", 0, 4),
        TaskPotential.measured("b1", 2, 4, "short"),
    ]
    stages = StagesPolicy(tasks, records, CONFIG).plan.stages
    assert [set(s.new_task_ids) for s in stages] == [{"a1", "b1"}, {"a2", "b2"}]


def test_each_stage_says_how_many_tasks_of_which_families_it_opens() -> None:
    tasks = _tasks("a1", "a2", "a3", "b1")
    rows = [_row(t.task_id, "paper", 2 if t.family == "a" else 0) for t in tasks]
    assert document(tasks, rows, "paper", CONFIG)["families"] == [{"a": 3}, {"b": 1}]


def test_each_task_says_how_far_its_potential_can_be_trusted() -> None:
    tasks = _tasks("a1", "a2", "a3", "b1")
    rows = [_row("a1", "paper", 2), _row("a2", "paper", 0), _row("a3", "paper", 1)]
    made = document(tasks, rows, "paper", CONFIG)
    # 2 of 4: 4 * 1/4 * 4/3; 1 of 4: 4 * 3/16 * 4/3; nothing was measured of b1.
    assert [t["potential_unbiased"] for t in made["tasks"]] == [4 / 3, 0.0, 1.0, None]
    none_right, unmeasured = made["tasks"][1]["posterior"], made["tasks"][3]["posterior"]
    # 0 of 4 is Beta(1, 5): 1 - (1 - p)^5, mean 1/6; nothing at all is uniform.
    assert none_right["mean"] == pytest.approx(1 / 6)
    assert (none_right["low"], none_right["high"]) == pytest.approx((1 - 0.95**0.2, 1 - 0.05**0.2))
    assert (unmeasured["low"], unmeasured["high"]) == pytest.approx((0.05, 0.95))


def test_sizes_and_bounds_of_the_stages_are_published() -> None:
    tasks = _tasks("a1", "a2", "a3", "b1")
    rows = [_row("a1", "paper", 2), _row("a2", "paper", 0), _row("a3", "paper", 1), _row("b1", "paper", 3)]
    made = document(tasks, rows, "paper", CONFIG)
    # 1 and 3 of 4 are potential 3/4, and 2 of 4 is 1: the first group; 0 of 4 the last.
    assert (made["sizes"], made["bounds"]) == ([3, 1], [[0.75, 1.0], [0.0, 0.0]])


@pytest.mark.parametrize("policy", ["online", "uniform"])
def test_a_policy_without_stages_has_one_with_all_tasks_and_all_steps(policy: str) -> None:
    tasks = _tasks("a1", "a2", "b1")
    rows = [_row("a1", "paper", 2), _row("a2", "paper", 0)]
    config = CurriculumConfig.model_validate({"policy": policy, "steps_per_stage": (2, 2, 2, 2)})
    made = document(tasks, rows, "paper", config)
    assert ([t["stage"] for t in made["tasks"]], made["steps"]) == ([1, 1, 1], [8])
    assert made["note"].startswith(f"policy {policy}: ")
