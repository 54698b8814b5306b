import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from actors.agents.code_agent import CodeAgent
from actors.callables import ExecuteFn, Generation, SamplingSpec
from actors.engines.scripted_engine import ScriptedEngine, scripted_logprobs
from actors.episodes.config import RolloutConfig
from actors.episodes.conversation import Conversation
from actors.episodes.episode import held
from actors.episodes.transcript import Transcriber
from actors.errors import EngineError
from actors.records import EndReason, Rollout, Source
from actors.rewards.rules import given_answer
from sandbox_service import ExecutionRequest, ExecutionResult, SandboxPool, Termination
from sandbox_service.outcome import infrastructure_result
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONFIG = RolloutConfig(
    instructions="short",
    max_executions=3,
    execution_timeout_s=5,
    max_turn_tokens=120,
    max_rollout_tokens=1024,
    max_observation_chars=200,
)
QUESTION = "What is 2 * 3?"
Hold = Callable[..., Awaitable[Rollout]]
_serial = itertools.count()


class RecordedEngine(ScriptedEngine):
    """Remembers what it was asked and what it gave."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.calls: list[tuple[list[int], SamplingSpec, Generation]] = []

    async def generate(self, prompt_token_ids: list[int], sampling: SamplingSpec) -> Generation:
        generation = await super().generate(prompt_token_ids, sampling)
        self.calls.append((prompt_token_ids, sampling, generation))
        return generation


@pytest.fixture
def hold(tiny_tokenizer: Any, pool: SandboxPool) -> Hold:
    """Hold one conversation in which the model says `turns`, one after the other."""

    async def hold_it(
        *turns: str,
        engine: ScriptedEngine | None = None,
        execute: ExecuteFn | None = None,
        seed: int = 7,
        **changes: Any,
    ) -> Rollout:
        conversation = Conversation(
            f"test-{next(_serial)}/0",
            config=CONFIG.model_copy(update=changes),
            transcriber=Transcriber(tiny_tokenizer, "short"),
            generate=(engine or ScriptedEngine(tiny_tokenizer, lambda _, turn: turns[turn])).generate,
            execute=execute or pool.execute,
            temperature=1.0,
            seed=seed,
        )
        return await held(CodeAgent(), conversation, QUESTION)

    return hold_it


def _sources(rollout: Rollout) -> list[str]:
    return [s.source.value for s in rollout.segments]


def _all_ids(rollout: Rollout) -> list[int]:
    return np.concatenate([s.token_ids for s in rollout.segments]).tolist()


async def test_a_script_is_run_its_output_shown_and_an_answer_ends_the_rollout(hold: Hold) -> None:
    rollout = await hold(SCRIPT_TURN, ANSWER_TURN)
    assert rollout.end_reason is EndReason.ANSWER
    assert _sources(rollout) == ["prompt", "model", "environment", "model"]
    (execution,) = rollout.executions
    assert (execution.code, execution.termination) == ("print(2 * 3)\n", "ok")
    assert execution.output == rollout.segments[2].text == "Code Execution Results:\n6"
    assert rollout.generate_s > 0
    assert rollout.execute_s > 0


async def test_the_segments_hold_exactly_what_the_engine_sampled(hold: Hold, tiny_tokenizer: Any) -> None:
    engine = RecordedEngine(tiny_tokenizer, lambda _, turn: [SCRIPT_TURN, SCRIPT_TURN, ANSWER_TURN][turn], 4)
    rollout = await hold(engine=engine)
    turns = [s for s in rollout.segments if s.source is Source.MODEL]
    assert len(turns) == len(engine.calls) == 3
    for segment, (_, _, sampled) in zip(turns, engine.calls, strict=True):
        assert segment.token_ids.tolist() == sampled.token_ids.tolist()
        assert segment.logprobs.tolist() == sampled.logprobs.tolist()
        assert segment.versions.tolist() == [4] * len(sampled.token_ids)
    # What the engine is fed grows by what is in the segments and by nothing else.
    joined = _all_ids(rollout)
    for prompt_ids, _, sampled in engine.calls:
        assert joined[: len(prompt_ids)] == prompt_ids
        assert joined[len(prompt_ids) :][: len(sampled.token_ids)] == sampled.token_ids.tolist()


async def test_a_turn_with_neither_script_nor_answer_ends_silently(hold: Hold) -> None:
    rollout = await hold("I do not know.")
    assert (rollout.end_reason, rollout.num_turns, rollout.executions) == (EndReason.SILENT, 1, ())


async def test_an_answer_inside_a_script_is_not_an_answer(hold: Hold) -> None:
    rollout = await hold("```python\nprint('<<<6>>>')\n```\n", "So it is.")
    assert rollout.end_reason is EndReason.SILENT
    assert "<<<6>>>" in rollout.executions[0].output


async def test_a_turn_that_never_ends_stops_at_its_token_limit(hold: Hold) -> None:
    rollout = await hold("and so on " * 100, max_turn_tokens=50)
    assert (rollout.end_reason, rollout.num_generated_tokens) == (EndReason.TURN_TOKENS, 50)


async def test_a_rollout_stops_at_its_own_token_limit_within_a_turn(hold: Hold, tiny_tokenizer: Any) -> None:
    prompt = len(Transcriber(tiny_tokenizer, "short").prompt(QUESTION).token_ids)
    rollout = await hold("and so on " * 100, max_rollout_tokens=prompt + 20)
    assert (rollout.end_reason, rollout.num_generated_tokens) == (EndReason.ROLLOUT_TOKENS, 20)


async def test_a_question_longer_than_the_limit_is_not_asked(hold: Hold) -> None:
    rollout = await hold(ANSWER_TURN, max_rollout_tokens=64)
    assert (rollout.end_reason, _sources(rollout)) == (EndReason.ROLLOUT_TOKENS, ["prompt"])


async def test_an_output_that_leaves_no_room_is_not_appended(hold: Hold) -> None:
    flood = "```python\nprint('x' * 150)\n```\n"
    whole = await hold(flood, ANSWER_TURN)
    shown = sum(len(s.token_ids) for s in whole.segments[:3])
    rollout = await hold(flood, ANSWER_TURN, max_rollout_tokens=shown)
    assert (rollout.end_reason, _sources(rollout)) == (EndReason.ROLLOUT_TOKENS, ["prompt", "model"])
    assert len(rollout.executions) == 1
    rollout = await hold(flood, ANSWER_TURN, max_rollout_tokens=shown + 1)
    assert (rollout.end_reason, len(_all_ids(rollout))) == (EndReason.ROLLOUT_TOKENS, shown + 1)


@pytest.mark.parametrize("limit", [300, 341, 377, 402, 455, 600])
async def test_no_rollout_is_longer_than_its_limits(hold: Hold, limit: int) -> None:
    turns = [SCRIPT_TURN, "```python\nprint('y' * 80)\n```\n", SCRIPT_TURN, ANSWER_TURN]
    rollout = await hold(*turns, max_rollout_tokens=limit, max_turn_tokens=40)
    assert len(_all_ids(rollout)) <= limit
    assert all(len(s.token_ids) <= 40 for s in rollout.segments if s.source is Source.MODEL)


async def test_one_execution_more_than_allowed_ends_the_rollout_and_is_not_run(hold: Hold) -> None:
    rollout = await hold(SCRIPT_TURN, SCRIPT_TURN, SCRIPT_TURN, max_executions=2)
    assert (rollout.end_reason, len(rollout.executions), rollout.num_turns) == (EndReason.EXECUTIONS, 2, 3)
    rollout = await hold(SCRIPT_TURN, max_executions=0)
    assert (rollout.end_reason, rollout.executions) == (EndReason.EXECUTIONS, ())


async def test_a_sandbox_failure_ends_the_rollout_and_never_reaches_the_model(
    hold: Hold, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(request: ExecutionRequest) -> ExecutionResult:
        return infrastructure_result(request, "no worker is left", queue_s=0.0)

    rollout = await hold(SCRIPT_TURN, ANSWER_TURN, execute=broken)
    assert (rollout.end_reason, _sources(rollout)) == (EndReason.INFRASTRUCTURE, ["prompt", "model"])
    (execution,) = rollout.executions
    assert (execution.termination, execution.output) == (Termination.INFRASTRUCTURE, "")
    assert "is dropped, its script was not run: no worker is left" in caplog.text


async def test_an_engine_failure_ends_the_rollout_as_infrastructure(
    hold: Hold, tiny_tokenizer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def reply(_: str, turn: int) -> str:
        if turn == 1:
            raise EngineError("out of memory")
        return SCRIPT_TURN

    rollout = await hold(engine=ScriptedEngine(tiny_tokenizer, reply))
    assert (rollout.end_reason, rollout.num_turns) == (EndReason.INFRASTRUCTURE, 1)
    assert f"rollout {rollout.rollout_id} is dropped: out of memory" in caplog.text


@pytest.mark.parametrize("language", ["", "text", "bash"])
async def test_a_block_of_another_language_lets_the_turn_go_on(
    hold: Hold, tiny_tokenizer: Any, language: str
) -> None:
    turn = f"Say\n```{language}\n2 * 3\n```\nand so <<<6>>>"
    engine = RecordedEngine(tiny_tokenizer, lambda _, number: [turn][number])
    rollout = await hold(engine=engine)
    assert (rollout.end_reason, rollout.num_turns) == (EndReason.ANSWER, 1)
    assert len(engine.calls) > 1
    (segment,) = [s for s in rollout.segments if s.source is Source.MODEL]
    assert segment.text == turn
    whole = [*tiny_tokenizer(turn)["input_ids"], tiny_tokenizer.eos_token_id]
    assert segment.token_ids.tolist() == whole
    assert segment.logprobs.tolist() == scripted_logprobs(whole).tolist()


async def test_a_script_after_a_bare_block_in_the_same_turn_is_run(hold: Hold) -> None:
    rollout = await hold("Like\n```\n2 * 3\n```\nso:\n" + SCRIPT_TURN, ANSWER_TURN)
    assert [e.code for e in rollout.executions] == ["print(2 * 3)\n"]
    assert rollout.end_reason is EndReason.ANSWER


@pytest.mark.parametrize(
    "script",
    [
        "```py\nprint(2 * 3)\n```\n",
        "So: ```Python3\nprint(2 * 3)\n```  \n",
        "1. Compute\n\n   ```python\n   print(2 * 3)\n   ```\n",
        "````python\ns = '```'\nprint(2 * 3)\n````\n",
        "~~~python\nprint(2 * 3)\n~~~\n",
        "```python\r\nprint(2 * 3)\r\n```\r\n",
    ],
)
async def test_a_script_in_any_fence_ends_the_turn_before_the_model_invents_what_it_prints(
    hold: Hold, script: str
) -> None:
    rollout = await hold(f"{script}It prints 7. <<<7>>>", ANSWER_TURN)
    assert [s.text for s in rollout.segments if s.source is Source.MODEL] == [script, ANSWER_TURN]
    assert [(e.termination, e.output) for e in rollout.executions] == [("ok", "Code Execution Results:\n6")]
    assert rollout.end_reason is EndReason.ANSWER


async def test_a_turn_cut_inside_its_script_gives_no_answer(hold: Hold, tiny_tokenizer: Any) -> None:
    whole = "```python\nprint('<<<42>>>')\n" + "x = 1\n" * 40
    rollout = await hold(whole, max_turn_tokens=60)
    assert rollout.end_reason is EndReason.TURN_TOKENS
    assert "<<<42>>>" in rollout.turn_texts[0]
    assert given_answer(rollout) is None


async def test_a_turn_closed_by_the_model_itself_gets_one_end_token(hold: Hold, tiny_tokenizer: Any) -> None:
    # No line feed after the fence, so it is the end-of-turn token that stops the turn.
    rollout = await hold(SCRIPT_TURN.rstrip("\n"), ANSWER_TURN)
    assert rollout.segments[1].token_ids[-1] == tiny_tokenizer.eos_token_id
    assert rollout.segments[2].token_ids[0] != tiny_tokenizer.eos_token_id
    assert rollout.end_reason is EndReason.ANSWER


async def test_every_piece_of_a_rollout_is_sampled_with_a_seed_of_its_own(
    hold: Hold, tiny_tokenizer: Any
) -> None:
    engine = RecordedEngine(tiny_tokenizer, lambda _, turn: [SCRIPT_TURN, SCRIPT_TURN, ANSWER_TURN][turn])
    await hold(engine=engine, seed=100)
    seeds = [sampling.seed for _, sampling, _ in engine.calls]
    assert seeds == [100 + len(ids) for ids, _, _ in engine.calls]
    assert len(set(seeds)) == 3


async def test_a_turn_that_another_token_ended_is_still_closed_as_the_template_does(
    tiny_tokenizer: Any, hold: Hold
) -> None:
    engine = ScriptedEngine(tiny_tokenizer, lambda _, turn: [SCRIPT_TURN.strip(), ANSWER_TURN][turn], 0, 0)
    rollout = await hold(engine=engine)
    assert rollout.end_reason is EndReason.ANSWER
    assert rollout.segments[1].token_ids[-1] == 0
    assert rollout.segments[2].token_ids[0] == 2


async def test_the_same_place_of_a_rollout_with_another_script_is_another_execution(
    tiny_tokenizer: Any, pool: SandboxPool
) -> None:
    # A group whose worker died is rolled out again under the same name, and may sample otherwise.
    outputs = []
    for number in (1, 2):
        turns = (f"```python\nprint({number})\n```\n", ANSWER_TURN)
        conversation = Conversation(
            "test-again/0",
            config=CONFIG,
            transcriber=Transcriber(tiny_tokenizer, "short"),
            generate=ScriptedEngine(tiny_tokenizer, lambda _, turn, turns=turns: turns[turn]).generate,
            execute=pool.execute,
            temperature=1.0,
            seed=0,
        )
        rollout = await held(CodeAgent(), conversation, QUESTION)
        outputs.append(rollout.executions[0].output.splitlines()[-1])
    assert outputs == ["1", "2"]


async def test_a_script_that_is_empty_or_too_long_is_an_error_shown_to_the_model(
    hold: Hold, pool: SandboxPool
) -> None:
    async def too_long(request: ExecutionRequest) -> ExecutionResult:
        return await pool.execute(request.model_copy(update={"code": "#" * 1_000_001}))

    empty = await hold("```python\n```\n", ANSWER_TURN)
    long = await hold(SCRIPT_TURN, ANSWER_TURN, execute=too_long)
    for rollout, said in ((empty, "0 bytes"), (long, "1000001 bytes")):
        assert rollout.end_reason is EndReason.ANSWER
        (execution,) = rollout.executions
        assert execution.termination == "error"
        assert said in rollout.segments[2].text
