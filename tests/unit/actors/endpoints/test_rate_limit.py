import itertools

from hypothesis import given
from hypothesis import strategies as st

from actors.endpoints.rate_limit import RateLimiter


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def let_through(per_minute: float | None, pauses: list[float]) -> list[float]:
    clock = Clock()
    limiter = RateLimiter(per_minute, clock, clock.sleep)
    times = []
    for pause in pauses:
        clock.now += pause
        await limiter.wait()
        times.append(clock.now - 100.0)
    return times


async def test_thirty_a_minute_are_two_seconds_apart() -> None:
    assert await let_through(30, [0, 0, 0, 0]) == [0, 2, 4, 6]


async def test_a_pause_is_not_caught_up_with() -> None:
    # After 7 s of nothing the next two still keep their distance.
    assert await let_through(30, [0, 7, 0, 0]) == [0, 7, 9, 11]


async def test_without_a_limit_nobody_waits() -> None:
    assert await let_through(None, [0, 0, 1]) == [0, 0, 1]


@given(per_minute=st.floats(1, 10_000), pauses=st.lists(st.floats(0, 100), min_size=2, max_size=20))
async def test_no_two_are_closer_than_the_interval(per_minute: float, pauses: list[float]) -> None:
    times = await let_through(per_minute, pauses)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert min(gaps) >= 60 / per_minute - 1e-6
