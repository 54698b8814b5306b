"""The loop that sizes the pool, with executors that are records in this process and a clock that is set by hand."""

import asyncio
from dataclasses import dataclass, field

import pytest

from actors.errors import ActorError, ExecutorLostError
from actors.sandbox_pool.directory import SandboxDirectory, SandboxListing
from actors.sandbox_pool.scaler import SandboxScaler
from actors.sandbox_pool.scaling_policy import ExecutorLoad, ScalingConfig
from sandbox_service import SandboxUnavailableError

CONFIG = ScalingConfig(min_executors=1, max_executors=3, num_workers=2, scale_up_backlog=2.0, idle_s=10.0)
BUSY = ExecutorLoad(num_running=1)
IDLE = ExecutorLoad(idle_s=99.0)


@dataclass(eq=False)
class Executor:
    index: int
    up: "asyncio.Future[None]"
    load: ExecutorLoad = BUSY
    failure: Exception | None = None
    is_retired: bool = False
    got_work: bool = False
    """Work came between the decision to retire it and the question."""
    ended: list[str] = field(default_factory=list)


class Control:
    def __init__(self) -> None:
        self.made: list[Executor] = []
        self.directory = SandboxDirectory()
        self.listings: list[tuple[str, ...]] = []
        self.is_reachable = True
        self.starts_at_once = True
        self.num_waiting = 0
        """Scripts that the senders hold back."""

    def create(self, index: int) -> Executor:
        executor = Executor(index, asyncio.get_running_loop().create_future())
        if self.starts_at_once:
            executor.up.set_result(None)
        self.made.append(executor)
        return executor

    async def ready(self, address: Executor) -> None:
        await address.up

    async def load(self, address: Executor) -> ExecutorLoad:
        if address.failure is not None:
            raise address.failure
        return address.load

    async def retire(self, address: Executor) -> bool:
        address.is_retired = not address.got_work
        # A sender that reads the list now does not find it.
        assert f"executor-{address.index}" not in self.listings[-1]
        return address.is_retired

    async def close(self, address: Executor) -> None:
        address.ended.append("close")

    def kill(self, address: Executor) -> None:
        address.ended.append("kill")

    async def publish(self, listing: SandboxListing) -> int:
        if not self.is_reachable:
            raise ActorError("the directory restarts")
        self.listings.append(tuple(e.executor_id for e in listing.executors))
        self.directory.publish(listing)
        return self.num_waiting

    @property
    def listed(self) -> list[Executor]:
        listing = self.directory.look("test", 0, -1)
        assert listing is not None
        return [e.address for e in listing.executors]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def pool_of_two(control: Control, clock: Clock) -> SandboxScaler:
    """One more than the least, and both busy."""
    scaler = SandboxScaler(CONFIG, control, clock=clock)
    control.num_waiting = 7
    await ticks(scaler, clock, 5)
    control.num_waiting = 0
    assert len(control.made) == 2
    return scaler


async def ticks(scaler: SandboxScaler, clock: Clock, seconds: int) -> None:
    for _ in range(seconds):
        await settled()
        await scaler.tick()
        await settled()
        clock.now += 1.0


async def settled() -> None:
    """What was asked for comes up, and what was ended is gone."""
    for _ in range(4):
        await asyncio.sleep(0)


async def test_an_executor_is_listed_only_once_it_is_up(clock: Clock) -> None:
    control = Control()
    control.starts_at_once = False
    scaler = SandboxScaler(CONFIG, control, clock=clock)
    await ticks(scaler, clock, 3)
    (executor,) = control.made
    assert control.listed == []
    assert scaler.metrics() == {"executors": 0, "executors_starting": 1, "backlog": 0}
    executor.up.set_result(None)
    await ticks(scaler, clock, 1)
    assert control.listed == [executor]
    assert scaler.metrics()["executors"] == 1


async def test_a_backlog_at_the_senders_makes_the_pool_grow_once(clock: Clock) -> None:
    control = Control()
    scaler = SandboxScaler(CONFIG, control, clock=clock)
    await ticks(scaler, clock, 2)
    control.starts_at_once = False
    # ceil(7 / (2 x 2)) = 2 executors.
    control.num_waiting = 7
    await ticks(scaler, clock, 10)
    assert scaler.metrics() == {"executors": 1, "executors_starting": 1, "backlog": 7}


async def test_an_idle_executor_leaves_the_list_refuses_work_and_is_ended_in_this_order(clock: Clock) -> None:
    control = Control()
    scaler = await pool_of_two(control, clock)
    kept, idle = control.made
    idle.load = IDLE
    await ticks(scaler, clock, 12)
    assert control.listed == [kept]
    assert idle.is_retired
    assert idle.ended == ["close", "kill"]
    assert kept.ended == []


async def test_an_executor_that_got_work_meanwhile_is_listed_again(clock: Clock) -> None:
    control = Control()
    scaler = await pool_of_two(control, clock)
    first, second = control.made
    first.load, first.got_work = IDLE, True
    await ticks(scaler, clock, 12)
    assert ("executor-1",) in control.listings
    assert control.listed == [first, second]
    assert first.ended == []


async def test_a_start_that_nobody_needs_any_more_is_called_off(clock: Clock) -> None:
    control = Control()
    control.starts_at_once = False
    scaler = await pool_of_two(control, clock)
    first, second = control.made
    first.up.set_result(None)
    await ticks(scaler, clock, 15)
    assert second.ended == ["kill"]
    assert control.listed == [first]


async def test_a_dead_executor_is_replaced(clock: Clock) -> None:
    control = Control()
    scaler = SandboxScaler(CONFIG, control, clock=clock)
    await ticks(scaler, clock, 2)
    control.made[0].failure = ExecutorLostError("its node is gone")
    await ticks(scaler, clock, 2)
    assert control.listed == [control.made[1]]
    assert "kill" in control.made[0].ended


async def test_an_executor_is_given_three_questions_to_answer_and_is_never_idle_meanwhile(
    clock: Clock,
) -> None:
    control = Control()
    scaler = SandboxScaler(CONFIG, control, clock=clock)
    await ticks(scaler, clock, 2)
    first = control.made[0]
    for failure in (TimeoutError(), TimeoutError(), None, TimeoutError(), TimeoutError()):
        first.failure = failure
        await ticks(scaler, clock, 1)
    assert control.listed == [first]
    await ticks(scaler, clock, 2)
    assert control.listed == [control.made[1]]


async def test_failed_starts_are_repeated_with_pauses_that_double(clock: Clock) -> None:
    control = Control()
    control.starts_at_once = False
    scaler = SandboxScaler(CONFIG, control, clock=clock)
    made_at: list[float] = []
    while clock.now < 40:
        await ticks(scaler, clock, 1)
        if len(control.made) > len(made_at):
            made_at.append(clock.now - 1)
            control.made[-1].up.set_exception(ExecutorLostError("no such image"))
    # Each is seen to have failed one tick after it was made, and the pause begins there.
    assert made_at == [0.0, 3.0, 8.0, 17.0, 34.0]
    assert all(e.ended == ["kill"] for e in control.made[:-1])


async def test_an_unfit_host_is_told_at_once_and_taken_back_when_another_is_fit(clock: Clock) -> None:
    control = Control()
    control.starts_at_once = False
    scaler = SandboxScaler(CONFIG, control, clock=clock)
    await ticks(scaler, clock, 1)
    control.made[0].up.set_exception(SandboxUnavailableError("no seccomp: run on Linux 5.13"))
    await ticks(scaler, clock, 1)
    listing = control.directory.look("s", 0, -1)
    assert listing is not None
    assert "no seccomp: run on Linux 5.13" in listing.broken
    await ticks(scaler, clock, 2)
    control.made[1].up.set_result(None)
    await ticks(scaler, clock, 1)
    listing = control.directory.look("s", 0, -1)
    assert listing is not None
    assert listing.broken == ""
    assert control.listed == [control.made[1]]


async def test_an_unfit_host_beside_a_fit_one_breaks_nothing(clock: Clock) -> None:
    control = Control()
    control.starts_at_once = False
    scaler = SandboxScaler(CONFIG.model_copy(update={"min_executors": 2}), control, clock=clock)
    await ticks(scaler, clock, 1)
    control.made[0].up.set_result(None)
    control.made[1].up.set_exception(SandboxUnavailableError("no seccomp"))
    await ticks(scaler, clock, 1)
    listing = control.directory.look("s", 0, -1)
    assert listing is not None
    assert (listing.broken, control.listed) == ("", [control.made[0]])


async def test_a_directory_out_of_reach_is_written_anew_when_it_is_back(clock: Clock) -> None:
    control = Control()
    scaler = SandboxScaler(CONFIG, control, clock=clock)
    control.is_reachable = False
    await ticks(scaler, clock, 3)
    control.is_reachable, control.directory = True, SandboxDirectory()
    await ticks(scaler, clock, 1)
    assert control.listed == control.made


async def test_closing_ends_everything_ready_or_not_and_leaves_no_task() -> None:
    control = Control()
    seen: list[dict[str, float]] = []
    before = asyncio.all_tasks()
    scaler = SandboxScaler(CONFIG.model_copy(update={"min_executors": 2}), control, observe=seen.append)
    scaler.start()
    await asyncio.sleep(0.01)
    control.made[1].up = asyncio.get_running_loop().create_future()
    await scaler.tick()
    await scaler.close()
    await asyncio.sleep(0)
    assert all(e.ended[-1] == "kill" for e in control.made)
    assert seen
    assert asyncio.all_tasks() == before


async def test_a_tick_that_fails_does_not_end_the_pool(caplog: pytest.LogCaptureFixture) -> None:
    control = Control()
    create, answers = control.create, iter([ConnectionError("the head is busy"), None])

    def create_at_second_try(index: int) -> Executor:
        if (failure := next(answers)) is not None:
            raise failure
        return create(index)

    control.create = create_at_second_try  # type: ignore[method-assign]
    scaler = SandboxScaler(CONFIG, control, tick_s=0.01)
    scaler.start()
    await asyncio.sleep(0.1)
    assert control.listed == control.made
    assert "the next one tries again" in caplog.text
    await scaler.close()


@pytest.mark.parametrize("failure", [ValueError("a torn answer"), KeyError("x")])
async def test_an_executor_that_answers_nonsense_is_replaced_and_holds_up_no_other(
    clock: Clock, failure: Exception
) -> None:
    control = Control()
    scaler = await pool_of_two(control, clock)
    sick, well = control.made
    sick.failure = failure
    await ticks(scaler, clock, 1)
    assert sick.ended == ["close", "kill"]
    assert control.listed == [well]
    await scaler.close()


async def test_whatever_ails_the_directory_the_pool_goes_on(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = Control()
    scaler = await pool_of_two(control, clock)

    async def torn(_: SandboxListing) -> int:
        raise ValueError("torn")

    monkeypatch.setattr(control, "publish", torn)
    control.made[0].failure = ExecutorLostError("its node is gone")
    control.made[1].failure = ExecutorLostError("its node is gone")
    await ticks(scaler, clock, 2)
    # One is the least that there are.
    assert len(control.made) == 3
    await scaler.close()
