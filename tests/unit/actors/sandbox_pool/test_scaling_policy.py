import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from actors.sandbox_pool.scaling_policy import (
    Decision,
    ExecutorLoad,
    ExecutorStatus,
    Grow,
    Hold,
    PoolStatus,
    Retire,
    ScalingConfig,
    ScalingPolicy,
)

# Two workers per executor, two waiting scripts per worker: an executor's share of the backlog is four.
CONFIG = ScalingConfig(min_executors=1, max_executors=4, num_workers=2, scale_up_backlog=2.0, idle_s=10.0)


def ready(name: str, num_running: int = 0, num_queued: int = 0, idle_s: float = 0.0) -> ExecutorStatus:
    return ExecutorStatus(
        name, True, ExecutorLoad(num_running=num_running, num_queued=num_queued, idle_s=idle_s)
    )


def starting(name: str, age_s: float = 0.0) -> ExecutorStatus:
    return ExecutorStatus(name, False, ExecutorLoad(idle_s=age_s))


def last(policy: ScalingPolicy, *statuses: PoolStatus) -> Decision:
    return [policy.decide(status) for status in statuses][-1]


def lasting(*executors: ExecutorStatus, num_waiting: int = 0, for_s: float = 100.0) -> Decision:
    """What is decided when this has been so for a while."""
    statuses = [PoolStatus(t, executors, num_waiting) for t in (0.0, for_s)]
    return last(ScalingPolicy(CONFIG), *statuses)


def test_the_minimum_is_asked_for_at_once() -> None:
    config = CONFIG.model_copy(update={"min_executors": 3})
    assert ScalingPolicy(config).decide(PoolStatus(0.0, ())) == Grow(3)
    assert ScalingPolicy(config).decide(PoolStatus(0.0, (ready("a"), starting("b")))) == Grow(1)


def test_a_backlog_of_four_is_borne_and_five_ask_for_a_second_executor() -> None:
    assert lasting(ready("a", 2, 4)) == Hold()
    assert lasting(ready("a", 2, 5)) == Grow(1)
    # ceil(9 / 4) = 3, of which one is there.
    assert lasting(ready("a", 2, 1), num_waiting=8) == Grow(2)
    # ceil(100 / 4) = 25, of which four are allowed.
    assert lasting(ready("a", 2, 2), num_waiting=98) == Grow(3)


def test_executors_that_are_starting_count() -> None:
    assert lasting(ready("a", 2, 2), starting("b"), num_waiting=6) == Hold()
    assert lasting(ready("a", 2, 2), starting("b"), num_waiting=7) == Grow(1)
    assert lasting(starting("a"), starting("b"), starting("c"), starting("d"), num_waiting=999) == Hold()


def test_a_backlog_that_is_gone_within_two_seconds_brings_nothing() -> None:
    policy = ScalingPolicy(CONFIG)
    many, none = PoolStatus(0.0, (ready("a", 2, 9),)), PoolStatus(1.0, (ready("a", 1),))
    assert last(policy, many, none) == Hold()
    later = [PoolStatus(t, (ready("a", 2, 9),)) for t in (1.5, 2.5, 3.5)]
    assert [policy.decide(status) for status in later] == [Hold(), Hold(), Grow(2)]


def test_a_low_threshold_asks_for_no_more_workers_than_there_are_scripts() -> None:
    config = CONFIG.model_copy(update={"scale_up_backlog": 0.1})
    statuses = [PoolStatus(t, (ready("a", 2, 3),)) for t in (0.0, 5.0)]
    # Five scripts fill three executors, though ceil(3 / 0.2) = 15.
    assert last(ScalingPolicy(config), *statuses) == Grow(2)


def test_an_executor_is_retired_after_its_idle_time_and_only_above_the_minimum() -> None:
    assert lasting(ready("a", 1), ready("b", idle_s=9.9)) == Hold()
    assert lasting(ready("a", 1), ready("b", idle_s=10.0)) == Retire("b")
    assert lasting(ready("a", idle_s=500.0)) == Hold()


def test_nothing_is_retired_soon_after_a_backlog() -> None:
    policy = ScalingPolicy(CONFIG)
    idle = (ready("a", 1), ready("b", idle_s=99.0))
    assert last(policy, PoolStatus(0.0, idle, num_waiting=1), PoolStatus(1.0, idle)) == Hold()
    assert policy.decide(PoolStatus(10.9, idle)) == Hold()
    assert policy.decide(PoolStatus(11.0, idle)) == Retire("b")


def test_the_longest_idle_goes_first_of_equals_the_newest_and_before_all_one_that_still_starts() -> None:
    assert lasting(ready("a", idle_s=20.0), ready("b", idle_s=30.0)) == Retire("b")
    assert lasting(ready("a", idle_s=30.0), ready("b", idle_s=30.0)) == Retire("b")
    assert lasting(ready("a", idle_s=30.0), starting("b", 12.0)) == Retire("b")
    assert lasting(ready("a", 2), starting("b", 9.0)) == Hold()


def test_bounds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="max_executors=1 is below min_executors=2: raise the first"):
        ScalingConfig(min_executors=2, max_executors=1, num_workers=1)


configs = st.builds(
    lambda low, more, workers, backlog, idle: ScalingConfig(
        min_executors=low,
        max_executors=max(low + more, 1),
        num_workers=workers,
        scale_up_backlog=backlog,
        idle_s=idle,
    ),
    st.integers(0, 4),
    st.integers(0, 6),
    st.integers(1, 4),
    st.floats(0.1, 5.0),
    st.floats(0.5, 20.0),
)
loads = st.builds(ExecutorLoad, num_running=st.integers(0, 4), num_queued=st.integers(0, 9))
idle_loads = st.builds(ExecutorLoad, idle_s=st.floats(0.0, 40.0))


@given(config=configs, data=st.data())
def test_whatever_the_load_the_bounds_hold_and_no_busy_executor_is_retired(
    config: ScalingConfig, data: st.DataObject
) -> None:
    policy, names, made, now = ScalingPolicy(config), [], 0, 0.0
    for _ in range(25):
        now += data.draw(st.floats(0.0, 15.0))
        executors = tuple(
            ExecutorStatus(name, data.draw(st.booleans()), data.draw(loads | idle_loads)) for name in names
        )
        decision = policy.decide(PoolStatus(now, executors, data.draw(st.integers(0, 50))))
        match decision:
            case Grow(count):
                assert count > 0
                names += [f"e{made + i}" for i in range(count)]
                made += count
            case Retire(executor_id):
                (gone,) = [e for e in executors if e.executor_id == executor_id]
                assert not gone.load.is_busy
                assert gone.load.idle_s >= config.idle_s
                names.remove(executor_id)
        assert config.min_executors <= len(names) <= config.max_executors


def spread(num_scripts: int, names: list[str], num_workers: int) -> dict[str, tuple[int, int]]:
    """Scripts that run and that queue, by executor, when each is sent to the least loaded."""
    shares = {
        name: num_scripts // len(names) + (i < num_scripts % len(names)) for i, name in enumerate(names)
    }
    return {name: (min(n, num_workers), max(n - num_workers, 0)) for name, n in shares.items()}


@given(config=configs, num_scripts=st.integers(0, 60), start_s=st.integers(0, 9))
def test_under_a_constant_load_the_pool_grows_first_then_shrinks_and_then_rests(
    config: ScalingConfig, num_scripts: int, start_s: int
) -> None:
    policy = ScalingPolicy(config)
    born: dict[str, float] = {}
    idle_since: dict[str, float] = {}
    changes: list[str] = []
    changed_at = 0.0
    for second in range(500):
        now = float(second)
        up = [name for name, at in born.items() if now - at >= start_s]
        shares = spread(num_scripts, up, config.num_workers) if up else {}
        statuses = []
        for name, at in born.items():
            running, queued = shares.get(name, (0, 0))
            if running or name not in idle_since:
                idle_since[name] = now
            idle_s = now - (idle_since[name] if name in shares else at)
            load = ExecutorLoad(num_running=running, num_queued=queued, idle_s=idle_s)
            statuses.append(ExecutorStatus(name, name in shares, load))
        decision = policy.decide(PoolStatus(now, tuple(statuses), 0 if up else num_scripts))
        changed_at = changed_at if isinstance(decision, Hold) else now
        match decision:
            case Grow(count):
                changes.append("grow")
                born |= {f"e{len(changes)}-{i}": now for i in range(count)}
            case Retire(executor_id):
                changes.append("retire")
                del born[executor_id]
    # All growing comes before all retiring, and then nothing happens any more.
    assert changes == sorted(changes)
    assert changed_at < 150
