"""What turns actor handles into an `ExecuteFn`, with objects in this process for handles."""

import asyncio
import importlib
import pickle
from typing import Any

import pytest

from actors.errors import ActorError, ExecutorLostError
from actors.handles.sandbox import SandboxControl, SandboxHandles
from actors.sandbox_pool.directory import SandboxDirectory, SandboxListing
from actors.sandbox_pool.scaling_policy import ExecutorLoad
from sandbox_service import ExecutionRequest, ExecutionResult, Termination
from tests.unit.actors.rollout_cases import execution_result

REQUEST = ExecutionRequest(execution_id="g/0", code="print(1)")


class Method:
    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def remote(self, *arguments: Any) -> Any:
        async def answered() -> Any:
            result = self._answer(*arguments)
            if asyncio.iscoroutine(result):
                result = await result
            if isinstance(result, Exception):
                raise result
            return result

        return answered()


class Handle:
    """Looks like an actor handle: every method has `.remote`."""

    def __init__(self, **answers: Any) -> None:
        for name, answer in answers.items():
            setattr(self, name, Method(answer))


def executed(_: ExecutionRequest) -> ExecutionResult:
    return execution_result()


class Directory(SandboxDirectory):
    """A directory that is its own handle, and goes through pickle as one name for the same thing."""

    def __reduce__(self) -> str:
        return "DIRECTORY"


DIRECTORY = Directory()
DIRECTORY.look = Method(DIRECTORY.look)  # type: ignore[method-assign]


def died() -> Exception:
    # By name: only the two homes of Ray and tests/ray may import it.
    return importlib.import_module("ray.exceptions").ActorDiedError()


async def test_a_fixed_executor_runs_scripts_and_its_end_is_passed_on() -> None:
    ended: list[int] = []
    executor = Handle(execute=executed, close=lambda: ended.append(1))
    handles = SandboxHandles.fixed(executor, num_workers=2)
    results = await asyncio.gather(*[handles(REQUEST) for _ in range(3)])
    assert [r.termination for r in results] == [Termination.OK] * 3
    await handles.close()
    assert ended == [1]


async def test_a_copy_in_another_process_reads_the_same_directory_and_keeps_its_own_account() -> None:
    handles = SandboxHandles(DIRECTORY)
    copy = pickle.loads(pickle.dumps(handles))
    assert copy._name != handles._name
    first, second = [asyncio.ensure_future(sender(REQUEST)) for sender in (handles, copy)]
    await asyncio.sleep(0.05)
    waiting = DIRECTORY.publish(SandboxListing(version=1))
    assert waiting == 2
    listing = SandboxHandles.fixed(Handle(execute=executed), 1)._fixed
    assert listing is not None
    DIRECTORY.publish(listing.model_copy(update={"version": 2}))
    results = await asyncio.gather(first, second)
    assert [r.termination for r in results] == [Termination.OK] * 2


async def test_a_fixed_copy_can_be_sent_while_scripts_run() -> None:
    gate = asyncio.Event()

    async def slow(_: ExecutionRequest) -> ExecutionResult:
        await gate.wait()
        return execution_result()

    handles = SandboxHandles.fixed(Handle(execute=slow), num_workers=1)
    running = asyncio.ensure_future(handles(REQUEST))
    await asyncio.sleep(0)
    kind, (directory, fixed, limits) = handles.__reduce__()
    assert (kind, directory, fixed) == (SandboxHandles, None, handles._fixed)
    assert limits == handles._limits
    gate.set()
    await running


async def test_a_dead_actor_is_an_executor_that_was_lost_and_a_slow_one_is_a_timeout() -> None:
    directory = Handle(publish=lambda _: died())
    control = SandboxControl(directory, lambda _: None, lambda _: None, answer_s=0.01)
    dead = Handle(**dict.fromkeys(("ready", "load", "retire", "close"), lambda *_: died()))
    for call in (control.ready(dead), control.load(dead), control.retire(dead)):
        with pytest.raises(ExecutorLostError, match="see the dashboard"):
            await call
    await control.close(dead)
    with pytest.raises(ActorError, match="see the dashboard"):
        await control.publish(SandboxListing(version=0))
    slow = Handle(load=lambda: asyncio.sleep(9))
    with pytest.raises(TimeoutError):
        await control.load(slow)
    assert await control.load(Handle(load=ExecutorLoad)) == ExecutorLoad()
