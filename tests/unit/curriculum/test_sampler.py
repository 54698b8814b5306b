import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum.sampler import TaskSampler

shapes = st.tuples(
    st.integers(1, 12), st.integers(0, 99), st.sampled_from([0.1, 0.5, 1.0]), st.integers(1, 4)
)
draws = st.lists(st.integers(1, 7), min_size=1, max_size=25)


def _sampler(shape: tuple[int, int, float, int]) -> TaskSampler:
    size, seed, share, rest = shape
    return TaskSampler(size, seed=seed, epoch_share=share, max_rest_epochs=rest)


@settings(max_examples=60, deadline=None)
@given(shapes, draws)
def test_nothing_comes_twice_within_an_epoch(shape: tuple[int, int, float, int], sizes: list[int]) -> None:
    sampler, pool, weights = _sampler(shape), np.arange(shape[0]), np.linspace(0, 1, shape[0])
    seen: set[tuple[int, int]] = set()
    for _ in range(sum(sizes)):
        (task,) = sampler.draw(1, pool, weights)
        assert (sampler.epoch, task) not in seen
        seen.add((sampler.epoch, task))


@settings(max_examples=60, deadline=None)
@given(shapes, draws)
def test_nothing_comes_twice_within_a_draw_that_the_pool_can_fill(
    shape: tuple[int, int, float, int], sizes: list[int]
) -> None:
    sampler, pool, weights = _sampler(shape), np.arange(shape[0]), np.ones(shape[0])
    for num in sizes:
        drawn = sampler.draw(num, pool, weights)
        assert len(drawn) == num
        assert len(set(drawn)) == min(num, shape[0])


@settings(max_examples=60, deadline=None)
@given(shapes)
def test_no_task_rests_longer_than_allowed_even_without_weight(shape: tuple[int, int, float, int]) -> None:
    sampler, pool = _sampler(shape), np.arange(shape[0])
    weights = np.zeros(shape[0])
    weights[0] = 1e9
    by_epoch: dict[int, set[int]] = {}
    while sampler.epoch < 12:
        (task,) = sampler.draw(1, pool, weights)
        by_epoch.setdefault(sampler.epoch, set()).add(task)
    for task in range(shape[0]):
        epochs = [-1, *sorted(e for e, tasks in by_epoch.items() if task in tasks and e < 12)]
        rests = [b - a - 1 for a, b in zip(epochs, [*epochs[1:], 12], strict=True)]
        assert max(rests) <= shape[3]


@settings(max_examples=60, deadline=None)
@given(shapes, draws, st.integers(0, 10))
def test_resuming_equals_never_stopping(
    shape: tuple[int, int, float, int], sizes: list[int], stop: int
) -> None:
    pool, weights = np.arange(shape[0]), np.linspace(0, 1, shape[0])
    straight, first = _sampler(shape), _sampler(shape)
    whole = [straight.draw(n, pool, weights) for n in sizes]
    begun = [first.draw(n, pool, weights) for n in sizes[:stop]]
    second = _sampler((shape[0], 12345, shape[2], shape[3]))
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert begun + [second.draw(n, pool, weights) for n in sizes[stop:]] == whole


def test_heavy_tasks_come_round_more_often_than_light_ones() -> None:
    sampler = TaskSampler(20, seed=0, epoch_share=0.5, max_rest_epochs=3)
    weights = np.array([1.0] * 10 + [0.05] * 10)
    drawn = sampler.draw(1000, np.arange(20), weights)
    heavy = sum(t < 10 for t in drawn)
    assert heavy > 600
    assert {drawn.count(t) > 20 for t in range(20)} == {True}


def test_only_the_pool_is_drawn_and_what_opens_later_joins() -> None:
    sampler, weights = TaskSampler(6, seed=1, epoch_share=1.0, max_rest_epochs=2), np.ones(6)
    assert sorted(sampler.draw(2, np.array([1, 4]), weights)) == [1, 4]
    assert sorted(sampler.draw(4, np.arange(6), weights)) == [0, 2, 3, 5]
    assert sampler.epoch == 0


def test_empty_pool_and_foreign_states_are_refused() -> None:
    sampler = TaskSampler(3, seed=0, epoch_share=1.0, max_rest_epochs=1)
    with pytest.raises(ValueError, match="empty"):
        sampler.draw(1, np.array([], dtype=np.int64), np.ones(3))
    with pytest.raises(ValueError, match="of 3 tasks, but there are 4"):
        TaskSampler(4, seed=0, epoch_share=1.0, max_rest_epochs=1).load_state_dict(sampler.state_dict())
    with pytest.raises(ValueError, match="unknown \\['extra'\\]"):
        sampler.load_state_dict({**sampler.state_dict(), "extra": 1})
