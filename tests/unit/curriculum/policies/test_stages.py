import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum.config import CurriculumConfig
from curriculum.policies.stages import StagesPolicy
from curriculum.potential import TaskPotential
from curriculum.task import Task, TaskOutcome
from tests.unit.curriculum.policies.resuming import play

COUNTS = {"easy": 20, "half": 10, "third": 7, "rare": 3, "hard": 0, "often": 17, "two": 2, "most": 18}
CONFIG = CurriculumConfig(steps_per_stage=(2, 2, 2, 2), min_tasks_per_group=1, epoch_share=1.0, seed=3)


def _task(task_id: str) -> Task:
    return Task(
        task_id=task_id, family="f", source="s", split="train", question=task_id, checker="c", payload="{}"
    )


def _curriculum(config: CurriculumConfig = CONFIG, counts: dict[str, int] | None = None) -> StagesPolicy:
    counts = COUNTS if counts is None else counts
    potentials = [TaskPotential.measured(i, k, 20) for i, k in counts.items()]
    return StagesPolicy([_task(i) for i in COUNTS], potentials, config)


def _ids(tasks: list[Task]) -> set[str]:
    return {t.task_id for t in tasks}


def _outcome(task_id: str, num_correct: int, num_rollouts: int = 5) -> TaskOutcome:
    return TaskOutcome(task_id=task_id, num_correct=num_correct, num_rollouts=num_rollouts, version=0)


def test_tasks_open_in_order_of_potential() -> None:
    curriculum = _curriculum()
    assert _ids(curriculum.next_tasks(2, step=0)) == {"half", "third"}
    assert _ids(curriculum.next_tasks(2, step=2)) == {"rare", "often"}  # in the same epoch: only what is new
    assert _ids(curriculum.next_tasks(2, step=4)) == {"two", "most"}
    assert _ids(curriculum.next_tasks(2, step=6)) == {"easy", "hard"}
    assert curriculum.metrics()["stage"] == 4


def test_unmeasured_tasks_open_last_and_without_any_measure_all_are_open() -> None:
    counts = {i: k for i, k in COUNTS.items() if i != "half"}
    curriculum = _curriculum(counts=counts)
    assert "half" in curriculum.plan.stages[-1].new_task_ids
    assert curriculum.plan.notes == ("1 tasks without a measured potential joined the last group",)
    curriculum = _curriculum(counts={})
    assert _ids(curriculum.next_tasks(8, step=0)) == set(COUNTS)
    assert curriculum.plan.num_steps == 8


def test_outcomes_shift_the_weight_as_worked_out_by_hand() -> None:
    config = CONFIG.model_copy(update={"prior_rollouts": 4.0, "decay": 0.5})
    curriculum = _curriculum(config, {"half": 10})
    # 10 of 20 scaled to 2 of 4, so Beta(3, 3): 4 * 3 * 3 / (6 * 7) = 6/7.
    index = list(COUNTS).index("half")
    assert curriculum._estimates.expected_potentials()[index] == pytest.approx(6 / 7)
    # Decayed to 1 and 1, then 5 right: Beta(7, 2): 4 * 7 * 2 / (9 * 10) = 28/45.
    curriculum.observe(_outcome("half", 5))
    assert curriculum._estimates.expected_potentials()[index] == pytest.approx(28 / 45)


def test_tasks_that_turned_out_solved_come_round_less_often() -> None:
    config = CurriculumConfig(steps_per_stage=(1, 1, 1, 1), min_tasks_per_group=1, epoch_share=0.5)
    curriculum = _curriculum(config, dict.fromkeys(COUNTS, 10))
    solved = {"easy", "half", "third", "rare"}
    for _ in range(10):
        for task_id in solved:
            curriculum.observe(_outcome(task_id, 5))
    drawn = [t.task_id for _ in range(100) for t in curriculum.next_tasks(4, step=9)]
    share = sum(i in solved for i in drawn) / len(drawn)
    assert 0.1 < share < 0.45
    assert solved <= set(drawn)


def test_metrics_count_what_was_observed() -> None:
    curriculum = _curriculum()
    curriculum.next_tasks(3, step=0)
    for correct in (0, 2, 5):
        curriculum.observe(_outcome("half", correct))
    curriculum.observe(_outcome("half", 0, 0))
    metrics = curriculum.metrics()
    assert (metrics["num_drawn"], metrics["num_observed"]) == (3, 3)
    assert metrics["mixed_share"] == pytest.approx(1 / 3)
    assert (metrics["num_open_tasks"], metrics["num_tasks"]) == (2, 8)
    assert all(isinstance(v, float) for v in metrics.values())


events = st.lists(
    st.one_of(
        st.tuples(st.just("draw"), st.integers(1, 6), st.integers(0, 9)),
        st.tuples(st.just("observe"), st.sampled_from(sorted(COUNTS)), st.integers(0, 5)),
    ),
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(events, st.integers(0, 20))
def test_resuming_equals_never_stopping(played: list[tuple[Any, ...]], stop: int) -> None:
    straight, first, second = _curriculum(), _curriculum(), _curriculum()
    whole = play(straight, played, _outcome)
    begun = play(first, played[:stop], _outcome)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert begun + play(second, played[stop:], _outcome) == whole
    assert second.state_dict() == straight.state_dict()
    assert second.metrics() == straight.metrics()


def test_state_with_unknown_or_missing_fields_or_of_another_plan_is_refused() -> None:
    state = _curriculum().state_dict()
    with pytest.raises(ValueError, match="unknown \\['extra'\\]"):
        _curriculum().load_state_dict({**state, "extra": 1})
    with pytest.raises(ValueError, match="misses \\['sampler'\\]"):
        _curriculum().load_state_dict({k: v for k, v in state.items() if k != "sampler"})
    with pytest.raises(ValueError, match="other tasks or stages"):
        _curriculum(counts={}).load_state_dict(state)


def test_unknown_tasks_impossible_counts_and_shared_ids_are_refused() -> None:
    curriculum = _curriculum()
    with pytest.raises(ValueError, match="unknown task x"):
        curriculum.observe(_outcome("x", 1))
    with pytest.raises(ValueError, match="impossible"):
        curriculum.observe(_outcome("half", 6))
    with pytest.raises(ValueError, match="potentials are of unknown tasks, such as x"):
        _curriculum(counts={"x": 3})
    with pytest.raises(ValueError, match="share ids"):
        StagesPolicy([_task("a"), _task("a")], [], CONFIG)
