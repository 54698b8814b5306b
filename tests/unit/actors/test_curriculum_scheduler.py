import pytest

from actors.curriculum_scheduler import CurriculumScheduler
from curriculum.config import CurriculumConfig
from curriculum.potential import TaskPotential
from curriculum.task import TaskOutcome
from tests.unit.actors.rollout_cases import task

CONFIG = CurriculumConfig(
    thresholds=(0.5, 0.0), steps_per_stage=(1, 1), min_tasks_per_group=1, epoch_share=1.0, seed=1
)
TASKS = [task("s/f/half"), task("s/f/hard")]
# 4 p (1 - p): 1 for a half, 0 for none.
POTENTIALS = [TaskPotential.measured("s/f/half", 2, 4), TaskPotential.measured("s/f/hard", 0, 4)]


def _scheduler() -> CurriculumScheduler:
    return CurriculumScheduler(TASKS, POTENTIALS, CONFIG)


def test_the_first_stage_gives_promising_tasks_and_the_last_all() -> None:
    scheduler = _scheduler()
    assert [t.task_id for t in scheduler.next_tasks(1, step=0)] == ["s/f/half"]
    assert scheduler.metrics()["num_open_tasks"] == 1
    scheduler.next_tasks(2, step=1)
    assert scheduler.metrics()["num_open_tasks"] == 2


def test_outcomes_are_learned_from() -> None:
    scheduler = _scheduler()
    scheduler.observe(TaskOutcome(task_id="s/f/half", num_correct=1, num_rollouts=4, version=0))
    assert scheduler.metrics()["num_observed"] == 1
    with pytest.raises(ValueError, match="unknown task"):
        scheduler.observe(TaskOutcome(task_id="s/f/none", num_correct=1, num_rollouts=4, version=0))


def test_a_resumed_scheduler_goes_on_as_if_it_had_never_stopped() -> None:
    straight, stopped, resumed = _scheduler(), _scheduler(), _scheduler()
    for scheduler in (straight, stopped):
        scheduler.next_tasks(1, step=0)
        scheduler.observe(TaskOutcome(task_id="s/f/half", num_correct=4, num_rollouts=4, version=0))
    resumed.load_state_dict(stopped.state_dict())
    for step in (1, 2, 3):
        assert resumed.next_tasks(1, step) == straight.next_tasks(1, step)
    assert resumed.state_dict() == straight.state_dict()


def test_a_state_with_an_unknown_field_is_refused() -> None:
    scheduler = _scheduler()
    with pytest.raises(ValueError, match="unknown \\['extra'\\]"):
        scheduler.load_state_dict({**scheduler.state_dict(), "extra": 1})
