"""How a turn ends: episodes over engines that give tokens written beforehand."""

import asyncio
from typing import Any

import numpy as np
import pytest

from actors.agents.code_agent import CodeAgent
from actors.callables import Finish, Generation, SamplingSpec
from actors.episodes.config import RolloutConfig
from actors.episodes.conversation import Conversation
from actors.episodes.episode import held
from actors.episodes.transcript import Transcriber
from actors.records import EndReason, Rollout
from sandbox_service import ExecutionRequest, ExecutionResult

CONFIG = RolloutConfig(instructions="short", max_turn_tokens=120, max_rollout_tokens=1024)
QUESTION = "What is 2 * 3?"


class FixedEngine:
    """Gives tokens written beforehand, up to the first that it was asked to stop at."""

    def __init__(self, token_ids: list[int], finish: Finish = Finish.STOP) -> None:
        self._rest, self._finish = list(token_ids), finish
        self.num_calls = 0

    async def generate(self, prompt_token_ids: list[int], sampling: SamplingSpec) -> Generation:
        self.num_calls += 1
        ends = [place for place, token in enumerate(self._rest) if token in sampling.stop_token_ids]
        size = min([place + 1 for place in ends] + [len(self._rest)])
        ids, self._rest = np.asarray(self._rest[:size], np.int32), self._rest[size:]
        return Generation(
            token_ids=ids,
            logprobs=np.full(len(ids), -1.0, np.float32),
            versions=np.zeros(len(ids), np.int32),
            text=" ".join(str(token) for token in ids),
            finish=self._finish,
        )


async def _held(engine: Any, tokenizer: Any, eos_ids: tuple[int, ...] = (), text: bool = True) -> Rollout:
    """A conversation over an engine; with `text` its pieces are given the text of their tokens."""

    async def generate(prompt_token_ids: list[int], sampling: SamplingSpec) -> Generation:
        piece = await engine.generate(prompt_token_ids, sampling)
        said = tokenizer.decode(piece.token_ids, skip_special_tokens=True)
        return piece.model_copy(update={"text": said})

    async def execute(request: ExecutionRequest) -> ExecutionResult:
        raise AssertionError(request.code)

    conversation = Conversation(
        "test-fixed/0",
        config=CONFIG,
        transcriber=Transcriber(tokenizer, "short", eos_ids),
        generate=generate if text else engine.generate,
        execute=execute,
        temperature=1.0,
        seed=0,
    )
    return await asyncio.wait_for(held(CodeAgent(), conversation, QUESTION), 5)


@pytest.mark.parametrize(("eos_ids", "end"), [((2, 0), 0), ((2, 0), 2), ((0,), 2), ((0,), 0)])
async def test_every_end_token_of_the_model_and_the_templates_own_ends_a_turn(
    tiny_tokenizer: Any, eos_ids: tuple[int, ...], end: int
) -> None:
    # As in Qwen2.5-Instruct: <|im_end|> (2) is the template's, and <|endoftext|> (0) ends a turn as well.
    assert tiny_tokenizer.convert_ids_to_tokens([0, 2]) == ["<|endoftext|>", "<|im_end|>"]
    first, second = (tiny_tokenizer(text)["input_ids"] for text in ("So <<<6>>>", "or <<<99>>>"))
    engine = FixedEngine([*first, end, *second, 2])
    # The tokenizer's own end token (2) is the template's, so it need not be one of the model's.
    rollout = await _held(engine, tiny_tokenizer, eos_ids)
    assert (rollout.end_reason, engine.num_calls) == (EndReason.ANSWER, 1)
    assert rollout.segments[-1].text == "So <<<6>>>"
    assert rollout.segments[-1].token_ids.tolist() == [*first, end]


@pytest.mark.parametrize("finish", [Finish.ABORT, Finish.ERROR])
async def test_a_turn_that_the_engine_gave_up_is_our_failure_and_never_an_answer(
    tiny_tokenizer: Any, finish: Finish
) -> None:
    said = tiny_tokenizer("So <<<6>>>")["input_ids"]
    rollout = await _held(FixedEngine([*said, 2], finish), tiny_tokenizer)
    assert (rollout.end_reason, rollout.num_generated_tokens) == (EndReason.INFRASTRUCTURE, 0)


@pytest.mark.parametrize("finish", list(Finish))
async def test_an_engine_that_samples_nothing_has_failed(tiny_tokenizer: Any, finish: Finish) -> None:
    engine = FixedEngine([], finish)
    rollout = await _held(engine, tiny_tokenizer)
    assert (rollout.end_reason, rollout.num_generated_tokens) == (EndReason.INFRASTRUCTURE, 0)
    assert engine.num_calls == 1


async def test_no_letter_is_lost_where_a_stop_text_ends_within_a_token(tiny_tokenizer: Any) -> None:
    # The engine cuts its text after the stop text; the tokens go on, and so does the turn.
    turn = "```\n2 * 3\n```\n    and so <<<6>>>"
    ids = [*tiny_tokenizer(turn)["input_ids"], 2]
    cut = turn.index("    and") + 2

    class Cutting:
        def __init__(self) -> None:
            self.calls = 0

        async def generate(self, prompt_token_ids: list[int], sampling: SamplingSpec) -> Generation:
            self.calls += 1
            head = next(n for n in range(len(ids)) if len(tiny_tokenizer.decode(ids[:n])) >= cut)
            piece = ids[:head] if self.calls == 1 else ids[head:]
            text = (
                turn[: cut - 2] if self.calls == 1 else tiny_tokenizer.decode(piece, skip_special_tokens=True)
            )
            return Generation(
                token_ids=np.asarray(piece, np.int32),
                logprobs=np.full(len(piece), -1.0, np.float32),
                versions=np.zeros(len(piece), np.int32),
                text=text,
                finish=Finish.STOP,
                stop_text="\n```\n" if self.calls == 1 else None,
            )

    engine = Cutting()
    rollout = await _held(engine, tiny_tokenizer, text=False)
    assert (rollout.segments[-1].text, engine.calls) == (turn, 2)
