"""Why a turn ends, by the real engine's own account."""

import pytest

from actors.callables import Finish, Generation, SamplingSpec
from actors.engines.config import EngineConfig
from actors.engines.vllm_engine import served_by_vllm
from actors.episodes.scripts import STOP_TEXTS
from driver.models import resolve_model

pytestmark = pytest.mark.engine


async def test_a_turn_ends_with_any_token_it_may_end_with_at_a_stop_text_and_at_the_limit() -> None:
    config = EngineConfig(dtype="float32", max_model_len=256, max_num_seqs=8, enforce_eager=True)
    model = served_by_vllm(config, str(resolve_model("tiny-random-llama")))
    prompt = model.tokenizer("print(2 * 3)")["input_ids"]
    everything = tuple(range(len(model.tokenizer)))

    async def sampled(
        stop: tuple[str, ...] = (),
        stop_token_ids: tuple[int, ...] = (),
        size: int = 40,
        temperature: float = 1.0,
    ) -> Generation:
        spec = SamplingSpec(
            temperature=temperature,
            top_p=1.0,
            max_tokens=size,
            stop=stop,
            stop_token_ids=stop_token_ids,
            seed=1,
        )
        return await model.engine.generate(prompt, spec)

    try:
        assert model.eos_ids == (2,)
        ended = await sampled(stop_token_ids=everything)
        assert (len(ended.token_ids), ended.finish, ended.ends_turn) == (1, Finish.STOP, True)
        # A random model writes one of these letters soon.
        letters = tuple("etaoinshrdluPRINT0123456789()*+-")
        stopped = await sampled(stop=letters)
        assert (stopped.finish, stopped.ends_turn) == (Finish.STOP, False)
        assert stopped.stop_text in letters
        assert stopped.text.endswith(stopped.stop_text or "nothing")
        # Greedy, so that the seeded model writes the same two tokens each time, and ends neither.
        cut = await sampled(stop=STOP_TEXTS, size=2, temperature=0.0)
        assert (len(cut.token_ids), cut.finish, cut.ends_turn) == (2, Finish.LENGTH, False)
    finally:
        model.engine.close()
