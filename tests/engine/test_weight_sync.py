"""The engine and the learner are two implementations of one policy: after an update they must agree, before it not.

Real parts: SmolLM2 (tied embeddings, where a stale output embedding hides), vLLM in float32, DeepSpeed in float32.
Tolerance: 2e-3 nats for a single token, measured 1e-4 and below; a stale output embedding is off by about 0.6.
"""

import asyncio

import numpy as np
import pytest

from actors.callables import SamplingSpec
from actors.engines.config import EngineConfig
from actors.episodes.transcript import Transcriber
from actors.learning.config import LearnerConfig, LearnerRole, ScheduleConfig, SftConfig
from actors.policy_learner import PolicyLearner
from actors.records import EndReason, Rollout, Segment, Source
from driver.models import SMOLLM2, resolve_model

pytestmark = pytest.mark.engine
TOLERANCE = 2e-3
QUESTIONS = ["What is 12 + 30?", "Spell this word backward: sun", "Find the GCD of 12 and 18."]


@pytest.fixture(scope="module")
def model_path():
    return str(resolve_model(SMOLLM2))


@pytest.fixture(scope="module")
def learner(model_path):
    sft = SftConfig(lr=2e-4, schedule=ScheduleConfig(kind="constant"))
    config = LearnerConfig(compute="float32", num_threads=2, sft=sft)
    learner = PolicyLearner(config, LearnerRole(), rank=0, world_size=1)
    learner.setup(*learner.address(), model_path, "sft")
    yield learner
    learner.close()


def sampled_rollouts(engine, transcriber):
    async def one(question, index):
        prompt = transcriber.prompt(question)
        spec = SamplingSpec(temperature=1.0, top_p=1.0, max_tokens=24, stop=(), seed=index)
        turn = await engine.generate(prompt.token_ids.tolist(), spec)
        segment = Segment(
            source=Source.MODEL,
            token_ids=turn.token_ids,
            logprobs=turn.logprobs,
            versions=turn.versions,
            text=turn.text,
        )
        return Rollout(
            rollout_id=f"r/{index}",
            segments=(prompt, segment),
            executions=(),
            end_reason=EndReason.SILENT,
            generate_s=0.0,
            execute_s=0.0,
        )

    async def all_of_them():
        return await asyncio.gather(*[one(q, i) for i, q in enumerate(QUESTIONS)])

    return all_of_them()


def largest_difference(rollouts, learner):
    engine_logp = np.concatenate([r.segments[1].logprobs for r in rollouts])
    return float(np.abs(engine_logp - np.concatenate(learner.log_probs(rollouts))).max())


async def test_engine_agrees_with_learner_after_an_update_and_not_before(model_path, learner):
    from transformers import AutoTokenizer

    from actors.engines.vllm_engine import VllmEngine

    transcriber = Transcriber(AutoTokenizer.from_pretrained(model_path), "short")
    config = EngineConfig(dtype="float32", max_model_len=256, max_num_seqs=8, enforce_eager=True)
    engine = VllmEngine(config, model_path)
    try:
        before = await sampled_rollouts(engine, transcriber)
        assert largest_difference(before, learner) < TOLERANCE
        assert {int(v) for r in before for v in r.segments[1].versions} == {0}

        trace = transcriber.written_rollout("t", "What is 1 + 1?", [("<<<2>>>", None)])
        learner.sft_step([trace] * 4)
        assert largest_difference(before, learner) > 50 * TOLERANCE

        manifest, *buckets = learner.publish(7, 64 << 20)
        await engine.load(manifest, buckets)
        after = await sampled_rollouts(engine, transcriber)
        assert {int(v) for r in after for v in r.segments[1].versions} == {7}
        assert largest_difference(after, learner) < TOLERANCE
    finally:
        engine.close()
