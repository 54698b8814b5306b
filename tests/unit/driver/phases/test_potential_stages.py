"""What potential.json says of stages is what training does."""

from curriculum.config import CurriculumConfig
from curriculum.potential import TaskPotential
from curriculum.scheduler import Curriculum
from curriculum.task import Task
from driver.phases.potential import document

CONFIG = CurriculumConfig(steps_per_stage=(2, 2, 2, 2), min_tasks_per_group=1)


def _tasks(*ids: str) -> list[Task]:
    fields = {"source": "s", "split": "train", "checker": "exact", "payload": "{}"}
    return [Task(task_id=i, family=i[0], question=i, **fields) for i in ids]


def _row(task_id: str, instructions: str, num_correct: int) -> dict[str, object]:
    return {"task_id": task_id, "instructions": instructions, "num_correct": num_correct, "num_rollouts": 4}


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
    stages = Curriculum(tasks, records, CONFIG).plan.stages
    assert [set(s.new_task_ids) for s in stages] == [{"a1", "b1"}, {"a2", "b2"}]


def test_each_stage_says_how_many_tasks_of_which_families_it_opens() -> None:
    tasks = _tasks("a1", "a2", "a3", "b1")
    rows = [_row(t.task_id, "paper", 2 if t.family == "a" else 0) for t in tasks]
    assert document(tasks, rows, "paper", CONFIG)["families"] == [{"a": 3}, {"b": 1}]
