import asyncio
from typing import Any

import pytest

from actors.callables import SamplingSpec
from actors.engines.scripted_engine import ScriptedEngine, scripted_logprobs
from actors.episodes.transcript import Transcriber
from actors.errors import EngineError
from actors.records import WeightManifest

TURN = "a\n```python\nprint(1)\n```\nb"


def _sampling(max_tokens: int = 200, stop: tuple[str, ...] = ("\n```\n",)) -> SamplingSpec:
    return SamplingSpec(temperature=1.0, top_p=1.0, max_tokens=max_tokens, stop=stop)


@pytest.fixture
def prompt(tokenizer: Any) -> list[int]:
    return Transcriber(tokenizer, "short").prompt("q").token_ids.tolist()


async def test_turns_of_an_engine_that_sleeps_wait_until_it_wakes(tokenizer: Any, prompt: list[int]) -> None:
    engine = ScriptedEngine(tokenizer, lambda *_: "abc")
    await engine.sleep()
    turn = asyncio.ensure_future(engine.generate(prompt, _sampling()))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not turn.done()
    await engine.wake()
    assert (await turn).text == "abc"


async def test_a_reply_ends_with_the_end_of_turn_token(tokenizer: Any, prompt: list[int]) -> None:
    piece = await ScriptedEngine(tokenizer, lambda *_: "abc").generate(prompt, _sampling())
    assert (piece.text, piece.finish, int(piece.token_ids[-1])) == ("abc", "stop", tokenizer.eos_token_id)


async def test_a_stop_text_ends_a_piece_and_stays_in_it(tokenizer: Any, prompt: list[int]) -> None:
    piece = await ScriptedEngine(tokenizer, lambda *_: TURN).generate(prompt, _sampling())
    assert (piece.text, piece.finish) == ("a\n```python\nprint(1)\n```\n", "stop")


async def test_the_limit_ends_a_piece(tokenizer: Any, prompt: list[int]) -> None:
    piece = await ScriptedEngine(tokenizer, lambda *_: TURN).generate(prompt, _sampling(max_tokens=3))
    assert (len(piece.token_ids), piece.finish) == (3, "length")


async def test_an_interrupted_turn_goes_on_where_it_stands(tokenizer: Any, prompt: list[int]) -> None:
    engine = ScriptedEngine(tokenizer, lambda *_: TURN)
    ids: list[int] = []
    while not ids or ids[-1] != tokenizer.eos_token_id:
        ids += (await engine.generate(prompt + ids, _sampling(max_tokens=2))).token_ids.tolist()
    assert ids == [*tokenizer(TURN)["input_ids"], tokenizer.eos_token_id]


async def test_a_reply_is_told_the_conversation_and_the_number_of_its_turn(tokenizer: Any) -> None:
    heard = []

    def reply(conversation: str, turn: int) -> str:
        heard.append((turn, "the output" in conversation))
        return "<<<1>>>"

    engine = ScriptedEngine(tokenizer, reply)
    rollout = Transcriber(tokenizer, "short").written_rollout(
        "t", "q", [("one\n", "the output"), ("two", None)]
    )
    ids = [i for s in rollout.segments[:3] for i in s.token_ids.tolist()]
    await engine.generate(rollout.segments[0].token_ids.tolist(), _sampling())
    await engine.generate(ids, _sampling())
    assert heard == [(0, False), (1, True)]


async def test_logprobs_are_known_beforehand_and_versions_are_those_loaded(
    tokenizer: Any, prompt: list[int]
) -> None:
    engine = ScriptedEngine(tokenizer, lambda *_: "abc")
    await engine.load(WeightManifest(version=3, tensors=(), checksums=()), [])
    piece = await engine.generate(prompt, _sampling())
    assert piece.logprobs.tolist() == scripted_logprobs(piece.token_ids.tolist()).tolist()
    assert piece.versions.tolist() == [3] * len(piece.token_ids)
    # 0 % 7 = 0 and 8 % 7 = 1.
    assert scripted_logprobs([0, 8]).tolist() == [-0.125, -0.25]


async def test_what_no_reply_can_go_on_with_is_an_engine_error(tokenizer: Any, prompt: list[int]) -> None:
    engine = ScriptedEngine(tokenizer, lambda *_: "abc")
    with pytest.raises(EngineError, match="opens no model turn"):
        await engine.generate(prompt[:3], _sampling())
    with pytest.raises(EngineError, match="begun otherwise"):
        await engine.generate([*prompt, 5], _sampling())
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        await engine.generate(prompt, _sampling())
