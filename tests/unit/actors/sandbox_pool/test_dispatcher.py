"""A sender's view: executors are made of dicts and events here."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from actors.errors import ActorError, ExecutorLostError, ExecutorRetiredError
from actors.sandbox_pool.directory import ListedExecutor, SandboxDirectory, SandboxListing
from actors.sandbox_pool.dispatcher import DispatchLimits, SandboxDispatcher
from sandbox_service import ExecutionRequest, ExecutionResult, SandboxUnavailableError, Termination
from sandbox_service.outcome import infrastructure_result
from tests.unit.actors.rollout_cases import execution_result

QUICK = DispatchLimits(look_s=0.01, avoid_s=0.05)


def request(name: str = "x") -> ExecutionRequest:
    return ExecutionRequest(execution_id=name, code="print(1)")


class Pool:
    """Executors by name, each with one worker and an answer of its own."""

    def __init__(self, *names: str) -> None:
        self.directory = SandboxDirectory()
        self.version = 0
        self.answers: dict[str, Callable[[ExecutionRequest], Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_reachable = True
        self.list_only(*names)

    def list_only(self, *names: str, broken: str = "") -> None:
        self.version += 1
        self.directory.publish(self.listing(*names, broken=broken))

    def listing(self, *names: str, broken: str = "") -> SandboxListing:
        executors = tuple(ListedExecutor(executor_id=n, num_workers=1, address=n) for n in names)
        return SandboxListing(version=self.version, executors=executors, broken=broken)

    async def execute(self, address: str, asked: ExecutionRequest) -> ExecutionResult:
        self.asked.append((address, asked.execution_id))
        await self.gate.wait()
        answer = self.answers.get(address)
        result = execution_result() if answer is None else answer(asked)
        if isinstance(result, Exception):
            raise result
        return result

    async def look(self, num_waiting: int, known: int) -> SandboxListing | None:
        if not self.is_reachable:
            raise ActorError("the directory restarts")
        return self.directory.look("sender", num_waiting, known)

    def dispatcher(self, limits: DispatchLimits = QUICK) -> SandboxDispatcher:
        return SandboxDispatcher(self.execute, look=self.look, limits=limits)

    @property
    def executors_asked(self) -> list[str]:
        return [address for address, _ in self.asked]


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    pytest.fail("not within five seconds")


async def test_scripts_go_to_the_least_loaded_and_of_equals_to_the_oldest() -> None:
    pool = Pool("a", "b", "c")
    pool.gate.clear()
    execute = pool.dispatcher()
    running = [asyncio.ensure_future(execute(request(str(i)))) for i in range(5)]
    await until(lambda: len(pool.asked) == 5)
    assert pool.executors_asked == ["a", "b", "c", "a", "b"]
    pool.gate.set()
    assert {r.termination for r in await asyncio.gather(*running)} == {Termination.OK}


async def test_no_executor_is_given_more_than_two_scripts_per_worker_and_the_rest_is_reported() -> None:
    pool = Pool("a")
    pool.gate.clear()
    execute = pool.dispatcher()
    running = [asyncio.ensure_future(execute(request(str(i)))) for i in range(10)]
    await until(lambda: execute.num_waiting == 8)
    assert len(pool.asked) == 2
    await until(lambda: pool.directory.publish(pool.listing("a")) == 8)
    pool.gate.set()
    await asyncio.gather(*running)
    # In the order of asking.
    assert [name for _, name in pool.asked] == [str(i) for i in range(10)]


async def test_an_executor_that_comes_later_is_given_what_waits() -> None:
    pool = Pool("a")
    pool.gate.clear()
    execute = pool.dispatcher()
    running = [asyncio.ensure_future(execute(request(str(i)))) for i in range(4)]
    await until(lambda: execute.num_waiting == 2)
    pool.list_only("a", "b")
    await until(lambda: len(pool.asked) == 4)
    assert pool.executors_asked == ["a", "a", "b", "b"]
    pool.gate.set()
    await asyncio.gather(*running)


async def test_scripts_wait_while_no_executor_is_ready() -> None:
    pool = Pool()
    execute = pool.dispatcher()
    running = asyncio.ensure_future(execute(request()))
    await asyncio.sleep(0.05)
    assert not running.done()
    pool.list_only("a")
    result = await running
    assert result.termination is Termination.OK
    assert result.queue_s >= 0.05


async def test_a_lost_executors_script_runs_on_another_under_the_same_id() -> None:
    pool = Pool("a", "b")
    pool.answers["a"] = lambda _: ExecutorLostError("its node is gone")
    result = await pool.dispatcher()(request("g/0"))
    assert result.termination is Termination.OK
    assert pool.asked == [("a", "g/0"), ("b", "g/0")]


async def test_an_executor_that_was_lost_is_tried_again_after_a_pause_if_it_is_still_listed() -> None:
    pool = Pool("a")
    answers = iter([ExecutorLostError("restarting"), execution_result()])
    pool.answers["a"] = lambda _: next(answers)
    result = await pool.dispatcher()(request())
    assert result.termination is Termination.OK
    assert result.queue_s >= QUICK.avoid_s


async def test_a_script_is_given_up_after_three_losses() -> None:
    pool = Pool("a", "b", "c", "d")
    for name in "abcd":
        pool.answers[name] = lambda _: ExecutorLostError("gone")
    result = await pool.dispatcher()(request())
    assert result.termination is Termination.INFRASTRUCTURE
    assert result.message == "a: gone; b: gone; c: gone"


async def test_a_refusal_by_a_retired_executor_is_no_failure_however_often() -> None:
    pool = Pool("a", "b", "c", "d", "e")
    for name in "abcd":
        pool.answers[name] = lambda _: ExecutorRetiredError("ask another one")
    result = await pool.dispatcher()(request())
    assert result.termination is Termination.OK
    assert pool.executors_asked == ["a", "b", "c", "d", "e"]


async def test_infrastructure_is_tried_on_every_other_executor_and_then_said() -> None:
    pool = Pool("a", "b")
    for name in "ab":
        pool.answers[name] = lambda asked: infrastructure_result(asked, "no worker", queue_s=0.0)
    result = await pool.dispatcher()(request())
    assert result.termination is Termination.INFRASTRUCTURE
    assert result.message == "a: no worker; b: no worker"


@pytest.mark.parametrize("ending", [t for t in Termination if t is not Termination.INFRASTRUCTURE])
async def test_what_the_guest_did_is_never_run_again(ending: Termination) -> None:
    pool = Pool("a", "b")
    pool.answers["a"] = lambda _: execution_result(ending)
    assert (await pool.dispatcher()(request())).termination is ending
    assert len(pool.asked) == 1


async def test_after_a_pause_the_list_is_read_before_anything_is_sent() -> None:
    pool = Pool("a")
    execute = pool.dispatcher()
    await execute(request("first"))
    await asyncio.sleep(0.05)
    pool.list_only("b")
    await execute(request("second"))
    assert pool.asked == [("a", "first"), ("b", "second")]


async def test_a_directory_out_of_reach_leaves_the_known_executors_in_use() -> None:
    pool = Pool("a")
    execute = pool.dispatcher()
    await execute(request("first"))
    await asyncio.sleep(0.05)
    pool.is_reachable = False
    assert (await execute(request("second"))).termination is Termination.OK


@pytest.mark.parametrize("error", [ValueError("torn"), RuntimeError("no GCS"), TimeoutError(), KeyError("x")])
async def test_whatever_ails_the_directory_scripts_do_not_wait_for_ever(error: Exception) -> None:
    pool = Pool("a")
    looks = iter([error, error])

    async def look(num_waiting: int, known: int) -> SandboxListing | None:
        failure = next(looks, None)
        if failure is not None:
            raise failure
        return pool.directory.look("sender", num_waiting, known)

    execute = SandboxDispatcher(pool.execute, look=look, limits=QUICK)
    result = await asyncio.wait_for(execute(request()), 5.0)
    assert result.termination is Termination.OK


async def test_scripts_are_given_up_when_the_directory_never_answers_rightly() -> None:
    async def look(_: int, __: int) -> SandboxListing | None:
        raise ValueError("torn")

    limits = DispatchLimits(look_s=0.01, patience_s=0.1)
    result = await asyncio.wait_for(
        SandboxDispatcher(Pool().execute, look=look, limits=limits)(request()), 5.0
    )
    assert result.termination is Termination.INFRASTRUCTURE


async def test_an_executor_that_tries_only_once_is_asked_again_up_to_the_limit() -> None:
    pool = Pool()
    answers = iter([infrastructure_result(request(), "a worker died", queue_s=0.0), execution_result()])
    pool.answers["a"] = lambda _: next(answers)
    limits = DispatchLimits(asks_again=True)
    execute = SandboxDispatcher(pool.execute, listing=pool.listing("a"), limits=limits)
    assert (await execute(request())).termination is Termination.OK
    pool.answers["a"] = lambda asked: infrastructure_result(asked, "no", queue_s=0.0)
    assert (await execute(request())).message == "a: no; a: no; a: no"


async def test_a_pool_that_cannot_start_is_an_error_with_its_reason() -> None:
    pool = Pool()
    pool.list_only(broken="the host has no seccomp")
    execute = pool.dispatcher()
    for _ in range(2):
        with pytest.raises(SandboxUnavailableError, match="seccomp"):
            await execute(request())
        await asyncio.sleep(0.05)
    pool.list_only("a")
    assert (await execute(request())).termination is Termination.OK


async def test_nothing_coming_back_for_long_is_infrastructure() -> None:
    pool = Pool()
    execute = pool.dispatcher(DispatchLimits(look_s=0.01, patience_s=0.1))
    result = await execute(request())
    assert result.termination is Termination.INFRASTRUCTURE
    assert "can the cluster add nodes" in result.message


async def test_more_than_may_wait_is_refused() -> None:
    pool = Pool()
    execute = pool.dispatcher(DispatchLimits(look_s=0.01, max_waiting=1))
    first = asyncio.ensure_future(execute(request("1")))
    await asyncio.sleep(0)
    result = await execute(request("2"))
    assert (result.termination, result.message) == (
        Termination.INFRASTRUCTURE,
        "1 scripts wait already: send fewer at a time",
    )
    pool.list_only("a")
    assert (await first).termination is Termination.OK


async def test_cancelled_scripts_leave_no_place_taken() -> None:
    pool = Pool("a")
    pool.gate.clear()
    execute = pool.dispatcher()
    running = [asyncio.ensure_future(execute(request(str(i)))) for i in range(6)]
    await until(lambda: execute.num_waiting == 4)
    for task in running[:5]:
        task.cancel()
    await asyncio.gather(*running[:5], return_exceptions=True)
    pool.gate.set()
    assert (await running[5]).termination is Termination.OK
    assert execute.num_waiting == 0
    await asyncio.gather(*[execute(request(f"again/{i}")) for i in range(4)])


async def test_a_place_that_comes_with_the_cancellation_goes_to_the_next() -> None:
    pool = Pool()
    execute = pool.dispatcher()
    first, second, third = [asyncio.ensure_future(execute(request(str(i)))) for i in range(3)]
    await until(lambda: execute.num_waiting == 3)
    # Both places of the executor are given away in one go, and before their takers run one is cancelled.
    pool.list_only("a")
    execute._take(pool.listing("a"))
    execute._hand_out()
    first.cancel()
    assert [r.termination for r in await asyncio.gather(second, third)] == [Termination.OK] * 2
    assert pool.executors_asked == ["a", "a"]


async def test_one_fixed_executor_needs_no_directory_and_leaves_no_task() -> None:
    pool = Pool()
    execute = SandboxDispatcher(pool.execute, listing=pool.listing("a"), limits=QUICK)
    before = asyncio.all_tasks()
    assert (await execute(request())).termination is Termination.OK
    assert asyncio.all_tasks() == before


async def test_a_fixed_executors_infrastructure_is_said_at_once() -> None:
    pool = Pool()
    pool.answers["a"] = lambda asked: infrastructure_result(asked, "no worker", queue_s=0.0)
    execute = SandboxDispatcher(pool.execute, listing=pool.listing("a"), limits=QUICK)
    assert (await execute(request())).message == "a: no worker"
    assert len(pool.asked) == 1
