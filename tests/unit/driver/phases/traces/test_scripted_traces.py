"""Solvers' traces by the real sandbox: what is kept, what is dropped and why, and how an attempt goes on."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from curriculum.task import Task
from curriculum.tasks.answers import extract_answer
from curriculum.tasks.checkers import check
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set
from driver.config import RunConfig
from driver.config_loading import load_config
from driver.errors import RunAbortedError
from driver.outputs.progress import Progress
from driver.outputs.trace_file import Trace, read_traces, write_traces
from driver.phases.traces.scripted_traces import ScriptedTraces
from sandbox_service import ExecutionRequest, ExecutionResult, SandboxConfig, SandboxPool


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[SandboxPool]:
    pool = SandboxPool(SandboxConfig(num_workers=2))
    await pool.start()
    yield pool
    await pool.close()


def _config(**synthesis: object) -> RunConfig:
    return load_config("smoke", [f"synthesis.{key}={value}" for key, value in synthesis.items()])


def _fits(_: Trace) -> bool:
    return True


def _tasks(*families: str, count: int = 6) -> list[Task]:
    sizes = {"train_per_family": 0, "test_per_family": 0, "held_out_per_family": 0}
    config = TaskSetConfig(preset="r1ci", families=families, seed=2, sft_per_family=count, **sizes)
    return [task for task in build_task_set(config) if task.split == "sft"]


@pytest.mark.asyncio(loop_scope="module")
async def test_traces_end_in_right_answers_and_say_what_they_cost(pool: SandboxPool, tmp_path: Path) -> None:
    tasks = _tasks("letters", "blocksworld", "prime_factorization")
    config = _config(check_fraction=1.0, error_fraction=0.0)
    traces, yields = await ScriptedTraces(
        config, pool.execute, tmp_path / "partial", Progress(), _fits
    ).write(tasks)
    by_id = {task.task_id: task for task in tasks}
    assert len(traces) == 18
    for trace in traces:
        assert trace.style == "check"
        assert len(trace.turns) == 3
        assert trace.turns[1][1] == "Code Execution Results:\nTrue"
        assert check(by_id[trace.trace_id], extract_answer(trace.turns[-1][0]))
        assert trace.seconds > 0
    assert {name: (one.tried, one.kept, one.dropped) for name, one in yields.items()} == {
        name: (6, 6, {}) for name in ("blocksworld", "letters", "prime_factorization")
    }
    assert {one.executions for one in yields.values()} == {12}
    write_traces(tmp_path / "traces.parquet", traces)
    assert read_traces(tmp_path / "traces.parquet") == traces


@pytest.mark.asyncio(loop_scope="module")
async def test_an_attempt_that_was_cut_off_goes_on_with_what_is_missing(
    pool: SandboxPool, tmp_path: Path
) -> None:
    tasks = _tasks("letters", count=8)
    partial, executed = tmp_path / "partial", []

    async def executes(request: ExecutionRequest) -> ExecutionResult:
        executed.append(request.execution_id)
        return await pool.execute(request)

    whole, _ = await ScriptedTraces(_config(), executes, partial, Progress(), _fits).write(tasks)
    rows = partial.read_text().splitlines()
    partial.write_text("".join(f"{row}\n" for row in rows[:5]) + rows[5][:40])
    done = {json.loads(row)["task_id"] for row in rows[:5]}
    executed.clear()
    again, _ = await ScriptedTraces(_config(), executes, partial, Progress(), _fits).write(tasks)
    assert {name.split("/", 1)[1].rsplit("/", 1)[0] for name in executed} == {t.task_id for t in tasks} - done
    assert [trace.model_copy(update={"seconds": 0.0}) for trace in again] == [
        trace.model_copy(update={"seconds": 0.0}) for trace in whole
    ]


@pytest.mark.asyncio(loop_scope="module")
async def test_no_more_traces_are_kept_than_asked_for(pool: SandboxPool, tmp_path: Path) -> None:
    tasks = _tasks("letters", "statistical_counting", count=8)
    most = ScriptedTraces(_config(max_per_family=3), pool.execute, tmp_path / "a", Progress(), _fits)
    assert {name: one.kept for name, one in (await most.write(tasks))[1].items()} == {
        "letters": 3,
        "statistical_counting": 3,
    }
    # Five in all are three a family, rounded up.
    shared = ScriptedTraces(_config(max_traces=5), pool.execute, tmp_path / "b", Progress(), _fits)
    assert {one.kept for one in (await shared.write(tasks))[1].values()} == {3}


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_dropped_is_counted_by_its_reason(pool: SandboxPool, tmp_path: Path) -> None:
    good, reworded, otherwise = _tasks("letters", count=3)
    reworded = reworded.model_copy(update={"question": "How many letters?"})
    otherwise = otherwise.model_copy(update={"payload": good.payload})
    tasks = [good, reworded, otherwise, good.model_copy(update={"task_id": "symbench/letters/twin"})]
    traces, yields = await ScriptedTraces(
        _config(), pool.execute, tmp_path / "partial", Progress(), _fits
    ).write(tasks)
    assert [trace.trace_id for trace in traces] == [good.task_id]
    assert yields["letters"].dropped == {"unread": 1, "wrong": 1, "repeated": 1}
    with pytest.raises(RunAbortedError, match=r"none of 1 traces .*1 unread"):
        await ScriptedTraces(_config(), pool.execute, tmp_path / "none", Progress(), _fits).write([reworded])


@pytest.mark.asyncio(loop_scope="module")
async def test_families_without_a_solver_are_left_out_unless_all_are(
    pool: SandboxPool, tmp_path: Path
) -> None:
    tasks = [*_tasks("letters", count=2), *_tasks("figlet_font", count=2)]
    traces, yields = await ScriptedTraces(
        _config(), pool.execute, tmp_path / "partial", Progress(), _fits
    ).write(tasks)
    assert len(traces) == 2
    assert set(yields) == {"letters"}
    with pytest.raises(
        RunAbortedError, match=r"no scripted solver writes traces for any of 1 families \(figlet_font\)"
    ):
        await ScriptedTraces(_config(), pool.execute, tmp_path / "none", Progress(), _fits).write(tasks[2:])


@pytest.mark.asyncio(loop_scope="module")
async def test_a_trace_that_no_rollout_could_be_as_long_as_is_left_out_and_the_next_task_tried(
    pool: SandboxPool, tmp_path: Path
) -> None:
    tasks = _tasks("letters", count=6)
    odd = {task.task_id for task in tasks[::2]}
    writer = ScriptedTraces(
        _config(max_per_family=3), pool.execute, tmp_path / "p", Progress(), lambda t: t.trace_id not in odd
    )
    traces, yields = await writer.write(tasks)
    assert {trace.trace_id for trace in traces} == {task.task_id for task in tasks} - odd
    assert (yields["letters"].kept, yields["letters"].dropped) == (3, {"long": 3})
