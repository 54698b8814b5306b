import asyncio

from sandbox_service.ledger import Execution, ExecutionLedger
from sandbox_service.outcome import infrastructure_result
from sandbox_service.records import ExecutionRequest, ExecutionResult, Termination

REQUEST = ExecutionRequest(execution_id="x", code="")
FAILED = infrastructure_result(REQUEST, "no worker", queue_s=0.0)
ENDED = FAILED.model_copy(update={"termination": Termination.OK})


async def ledger_after(result: ExecutionResult) -> ExecutionLedger:
    async def work() -> ExecutionResult:
        return result

    ledger = ExecutionLedger()
    task = asyncio.create_task(work())
    ledger.begin(Execution(REQUEST, task))
    assert ledger.running("x") is not None
    await task
    await asyncio.sleep(0)
    assert ledger.running("x") is None
    return ledger


async def test_a_result_is_remembered():
    assert (await ledger_after(ENDED)).finished("x") == ENDED


async def test_a_failure_of_ours_is_not_remembered():
    assert (await ledger_after(FAILED)).finished("x") is None


async def test_a_forgotten_execution_makes_room_for_a_new_one_with_its_id():
    async def wait() -> ExecutionResult:
        await asyncio.sleep(60)
        return ENDED

    ledger = ExecutionLedger()
    old, new = (Execution(REQUEST, asyncio.create_task(wait())) for _ in range(2))
    ledger.begin(old)
    ledger.forget(old)
    ledger.begin(new)
    old.task.cancel()
    await asyncio.wait([old.task])
    await asyncio.sleep(0)
    assert ledger.running("x") is new
    new.task.cancel()
