import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum.config import CurriculumConfig
from curriculum.policies.uniform import UniformPolicy
from curriculum.potential import TaskPotential
from curriculum.task import Task, TaskOutcome


def _task(task_id: str) -> Task:
    fields = {"source": "s", "split": "train", "checker": "c", "payload": "{}"}
    return Task(task_id=task_id, family="f", question=task_id, **fields)


def _policy(num_tasks: int, seed: int = 0) -> UniformPolicy:
    config = CurriculumConfig(policy="uniform", seed=seed)
    tasks = [_task(str(n)) for n in range(num_tasks)]
    return UniformPolicy(tasks, [TaskPotential.measured("0", 20, 20)], config)


def _drawn(policy: UniformPolicy, num: int) -> list[str]:
    ids = [task.task_id for task in policy.next_tasks(num, step=0)]
    for task_id in ids:  # solved or not, it makes no difference
        policy.observe(
            TaskOutcome(task_id=task_id, num_correct=4 * (task_id < "5"), num_rollouts=4, version=0)
        )
    return ids


draws = st.lists(st.integers(1, 7), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), draws, st.integers(0, 99))
def test_no_task_is_ever_drawn_more_than_once_oftener_than_another(
    num_tasks: int, sizes: list[int], seed: int
) -> None:
    policy = _policy(num_tasks, seed)
    counts = Counter({str(n): 0 for n in range(num_tasks)})
    for num in sizes:
        counts.update(_drawn(policy, num))
        assert max(counts.values()) - min(counts.values()) <= 1


def test_each_epoch_is_another_shuffle_and_another_seed_gives_others() -> None:
    policy = _policy(10)
    first, second = _drawn(policy, 10), _drawn(policy, 10)
    assert sorted(first) == sorted(second) == [str(n) for n in range(10)]
    assert first != second
    assert _drawn(_policy(10), 10) == first
    assert _drawn(_policy(10, seed=1), 10) != first


def test_its_plan_is_one_stage_of_all_steps_with_all_tasks() -> None:
    plan = _policy(3).plan
    assert [(s.new_task_ids, s.first_step, s.num_steps) for s in plan.stages] == [(("0", "1", "2"), 0, 600)]
    assert plan.notes == ("policy uniform: all tasks, equally often",)


def test_metrics_tell_how_much_of_what_was_drawn_could_teach() -> None:
    policy = _policy(4)
    policy.next_tasks(3, step=0)
    for correct in (0, 1, 4, 2):
        policy.observe(TaskOutcome(task_id="1", num_correct=correct, num_rollouts=4, version=0))
    metrics = policy.metrics()
    assert (metrics["stage"], metrics["num_open_tasks"], metrics["num_retired"]) == (1, 4, 0)
    assert (metrics["num_drawn"], metrics["num_observed"], metrics["mixed_share"]) == (3, 4, 0.5)


@settings(max_examples=40, deadline=None)
@given(draws, st.integers(0, 25))
def test_resuming_equals_never_stopping(sizes: list[int], stop: int) -> None:
    straight, first, second = _policy(9), _policy(9), _policy(9)
    whole = [_drawn(straight, num) for num in sizes]
    begun = [_drawn(first, num) for num in sizes[:stop]]
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert begun + [_drawn(second, num) for num in sizes[stop:]] == whole
    assert second.state_dict() == straight.state_dict()


def test_a_state_of_another_set_of_tasks_is_refused() -> None:
    with pytest.raises(ValueError, match="another policy, or of other tasks"):
        _policy(4).load_state_dict(_policy(5).state_dict())
