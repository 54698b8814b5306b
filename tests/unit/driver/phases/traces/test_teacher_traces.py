"""A teacher behind a real HTTP server, its scripts in the real sandbox: what is kept, counted, and paid for once."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from actors.endpoints.client import EndpointClient
from actors.endpoints.config import EndpointConfig
from actors.endpoints.rollouts import EndpointRollouts
from actors.errors import EndpointDeadError
from curriculum.task import Task
from curriculum.tasks.checkers import check
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sets.build import build_task_set
from driver.config_loading import load_config
from driver.errors import RunAbortedError
from driver.outputs.progress import Progress
from driver.outputs.trace_file import Trace
from driver.phases.traces.teacher_traces import HOPELESS, TeacherTraces, wording_of
from driver.phases.traces.teacher_wordings import TEACHER_WORDINGS
from driver.phases.traces.yields import FamilyYield
from sandbox_service import SandboxConfig, SandboxPool
from tests.unit.actors.endpoints.endpoint_server import EndpointServer, completion, failed

pytestmark = pytest.mark.asyncio(loop_scope="module")
Written = tuple[list[Trace], dict[str, FamilyYield]]


class Said(Progress):
    """Keeps what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[SandboxPool]:
    pool = SandboxPool(SandboxConfig(num_workers=2, preload="bare"))
    await pool.start()
    yield pool
    await pool.close()


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[EndpointServer]:
    with EndpointServer().served() as server:
        yield server


def tasks(*families: str, count: int = 3) -> list[Task]:
    sizes = {"train_per_family": 0, "test_per_family": 0, "held_out_per_family": 0}
    config = TaskSetConfig(preset="r1ci", families=families, seed=2, sft_per_family=count, **sizes)
    return [task for task in build_task_set(config) if task.split == "sft"]


def knows(*known: Task, wrong_before: int = 0) -> Callable[[dict[str, Any]], Any]:
    """A teacher that prints the right answer of these tasks, from some attempt at each on, and 0 else."""
    answers = {task.question: str(decode_payload(task.payload)["answer"]) for task in known}
    asked: Counter[str] = Counter()

    def reply(body: dict[str, Any]) -> str:
        question, last = body["messages"][1]["content"], body["messages"][-1]["content"]
        if found := re.match(r"Code Execution Results:\n(.*)", last, re.DOTALL):
            return f"It printed <<<{found[1]}>>>"
        asked[question] += 1
        is_right = question in answers and asked[question] > wrong_before
        said = answers[question] if is_right else "0"
        return f"I compute it.\n```python\nprint({said!r})\n```\nCode Execution Results:\nmade up <<<1>>>"

    return reply


async def written(
    server: EndpointServer,
    pool: SandboxPool,
    partial: Path,
    planned: list[Task],
    *,
    fits: Callable[[Trace], bool] = lambda _: True,
    progress: Progress | None = None,
    endpoint: dict[str, Any] | None = None,
    **synthesis: Any,
) -> Written:
    settings = {"teacher": "gpt", "teacher_attempts": 3, **synthesis}
    config = load_config(
        "smoke",
        [
            f"endpoint.base_url={server.url}",
            *[f"synthesis.{key}={value}" for key, value in settings.items()],
        ],
    )
    fields = {"base_url": server.url, "key_env": None, "max_retries": 0, **(endpoint or {})}
    client = EndpointClient(EndpointConfig(**fields), "gpt")
    rollouts = EndpointRollouts(config.rollout, EndpointConfig(**fields), client, pool.execute)

    async def judge(task: Task, answer: str | None) -> bool:
        return answer is not None and check(task, answer)

    writer = TeacherTraces(
        config.synthesis,
        rollouts.rollout,
        judge,
        partial=partial,
        progress=progress or Progress(),
        fits=fits,
        at_once=int(fields.get("rollouts_at_once", 8)),
    )
    try:
        return await writer.write(planned)
    finally:
        await client.close()


async def test_right_conversations_are_kept_under_the_question_alone(
    server: EndpointServer, pool: SandboxPool, tmp_path: Path
) -> None:
    planned = tasks("products", "gcd")
    server.reply = knows(*planned)
    traces, yields = await written(server, pool, tmp_path / "partial", planned)
    assert [trace.trace_id for trace in traces] == [task.task_id for task in planned]
    for task, trace in zip(planned, traces, strict=True):
        answer = str(decode_payload(task.payload)["answer"])
        assert trace.question == task.question
        assert trace.turns == (
            (f"I compute it.\n```python\nprint({answer!r})\n```\n", f"Code Execution Results:\n{answer}"),
            (f"It printed <<<{answer}>>>", None),
        )
        wording = wording_of(task, 0, 0)
        assert trace.style == f"teacher/{wording}"
        asked = [
            body["messages"][0]["content"]
            for body in server.asked
            if body["messages"][1]["content"] == task.question
        ]
        assert set(asked) == {TEACHER_WORDINGS[wording]}
    for one in yields.values():
        assert (one.tried, one.attempts, one.kept, one.dropped, one.executions) == (3, 3, 3, {}, 3)


async def test_wrong_attempts_are_thrown_away_and_each_next_one_is_worded_otherwise(
    server: EndpointServer, pool: SandboxPool, tmp_path: Path
) -> None:
    (task,) = tasks("products", count=1)
    server.reply = knows(task, wrong_before=2)
    traces, yields = await written(server, pool, tmp_path / "partial", [task])
    assert len(traces) == 1
    assert (yields["products"].tried, yields["products"].attempts, yields["products"].executions) == (1, 3, 3)
    told = list(dict.fromkeys(body["messages"][0]["content"] for body in server.asked))
    assert told == [TEACHER_WORDINGS[wording_of(task, number, 0)] for number in range(3)]
    assert len(set(told)) == 3
    rows = [json.loads(line) for line in (tmp_path / "partial").read_text().splitlines()]
    assert [(row["reason"], row["answer"]) for row in rows[:2]] == [("wrong", "0")] * 2


async def test_a_family_that_the_teacher_never_solves_is_given_up_and_said(
    server: EndpointServer, pool: SandboxPool, tmp_path: Path
) -> None:
    hard, easy = tasks("products", count=HOPELESS + 5), tasks("gcd", count=2)
    server.reply = knows(*easy)
    progress = Said()
    traces, yields = await written(
        server, pool, tmp_path / "p", [*hard, *easy], progress=progress, endpoint={"rollouts_at_once": 1}
    )
    assert {trace.family for trace in traces} == {"gcd"}
    assert yields["products"].dropped == {"wrong": HOPELESS, "given_up": 5}
    assert yields["products"].attempts == 3 * HOPELESS
    assert "the teacher solved no task of products (10 wrong, 5 given_up)" in progress.lines


async def test_a_teacher_that_solves_nothing_ends_the_run_with_its_reasons(
    server: EndpointServer, pool: SandboxPool, tmp_path: Path
) -> None:
    server.reply = lambda _: "I do not know."
    with pytest.raises(
        RunAbortedError, match=r"teacher gpt solved none of 2 tasks \(2 silent\).*synthesis\.teacher"
    ):
        await written(server, pool, tmp_path / "partial", tasks("products", count=2))


async def test_no_more_are_paid_for_than_are_wanted(
    server: EndpointServer, pool: SandboxPool, tmp_path: Path
) -> None:
    planned = tasks("products", count=8)
    server.reply = knows(*planned)
    traces, yields = await written(
        server, pool, tmp_path / "partial", planned, max_per_family=3, endpoint={"rollouts_at_once": 1}
    )
    assert len(traces) == yields["products"].tried == 3
    assert len(server.asked) == 6


async def test_an_attempt_that_failed_on_our_side_is_no_answer(
    server: EndpointServer, pool: SandboxPool, tmp_path: Path
) -> None:
    planned = tasks("products", count=2)
    right = knows(*planned)
    # The first attempt at the first task fails; its second one is right.
    server.replies = [lambda _: failed(500, "busy")]
    server.reply = right
    traces, yields = await written(server, pool, tmp_path / "a", planned, endpoint={"rollouts_at_once": 1})
    assert len(traces) == 2
    assert yields["products"].attempts == 2
    # One that fails every time is counted as ours, has no line, and is made again by the next run.
    first = planned[0].question

    def fails_on_the_first(body: dict[str, Any]) -> Any:
        is_first = body["messages"][1]["content"] == first
        return completion("", sampled=0) if is_first else right(body)

    server.reply = fails_on_the_first
    traces, yields = await written(server, pool, tmp_path / "b", planned, endpoint={"rollouts_at_once": 1})
    assert yields["products"].dropped == {"infrastructure": 1}
    server.reply = right
    traces, _ = await written(server, pool, tmp_path / "b", planned)
    assert len(traces) == 2


async def test_a_dead_endpoint_loses_nothing_and_the_next_run_pays_for_the_rest_alone(
    server: EndpointServer, pool: SandboxPool, tmp_path: Path
) -> None:
    planned, one = tasks("products", count=4), {"rollouts_at_once": 1, "max_failures": 1}
    right = knows(*planned)
    server.replies = [right] * 4  # two requests for each of the first two tasks
    server.reply = lambda _: failed(500, "gone")
    with pytest.raises(ExceptionGroup) as caught:
        await written(server, pool, tmp_path / "partial", planned, endpoint=one)
    assert caught.group_contains(EndpointDeadError, match="gone")
    before = len(server.asked)
    server.reply = right
    traces, yields = await written(server, pool, tmp_path / "partial", planned, endpoint=one)
    assert len(traces) == yields["products"].attempts == 4
    assert {body["messages"][1]["content"] for body in server.asked[before:]} == {
        t.question for t in planned[2:]
    }
    # Another teacher begins at the beginning.
    before = len(server.asked)
    await written(server, pool, tmp_path / "partial", planned, endpoint=one, teacher="other")
    assert len(server.asked) - before == 8


async def test_a_trace_that_no_rollout_could_hold_is_dropped_and_repeats_are_kept_once(
    server: EndpointServer, pool: SandboxPool, tmp_path: Path
) -> None:
    long, *rest = tasks("products", count=3)
    twin = rest[0].model_copy(update={"task_id": "twin"})
    server.reply = knows(long, *rest)
    traces, yields = await written(
        server, pool, tmp_path / "p", [long, *rest, twin], fits=lambda trace: trace.question != long.question
    )
    assert [trace.trace_id for trace in traces] == [task.task_id for task in rest]
    assert yields["products"].dropped == {"long": 1, "repeated": 1}


@pytest.mark.parametrize("name", TEACHER_WORDINGS)
async def test_every_wording_shows_the_form_that_is_read(name: str) -> None:
    wording = TEACHER_WORDINGS[name]
    assert "\n```python\n" in wording
    assert "<<<42>>>" in wording
