"""Supervised fine-tuning on the executed traces; only the model's own tokens are in the loss.

takes: traces.parquet, the base model   gives: checkpoints/sft (Hugging Face form)
"""

import asyncio
import math
import random
from pathlib import Path

from actors.agents.choice import chosen_agent
from actors.engines.engine import generation_eos_ids
from actors.episodes.transcript import Transcriber
from actors.records import SftRollout
from driver.outputs.trace_file import read_traces
from driver.phases.checkpoints import drafted, latest_checkpoint, remove_checkpoints
from driver.recovery import StepRefused
from driver.session import Session

_NAME = "sft"


def is_done(session: Session) -> bool:
    """Whether the fine-tuned model is there."""
    return (session.folder.sft_model / "config.json").is_file()


async def run(session: Session) -> None:
    """Train over all epochs and save the model; goes on from the last checkpoint of an interrupted attempt."""
    config = session.config.learner.sft
    rollouts = laid_out_traces(session)
    batches = epoch_batches(len(rollouts), config.batch_size, config.epochs, session.config.learner.seed)
    learner = session.cluster.start_learner()
    await learner.setup(str(session.model_path), "sft")
    await learner.begin_phase("sft", len(batches))
    first = await _resumed_step(session)
    num_refused = 0
    session.progress.start(_NAME, len(batches))
    session.progress.advance(_NAME, first)
    with session.graceful():
        for step in range(first, len(batches)):
            report = await learner.sft_step([rollouts[i] for i in batches[step]], step)
            session.metrics.log(
                "sft", step + 1, {**report.metrics, "dropped/not_finite": float(report.num_refused)}
            )
            if report.refusal is None:
                num_refused, note = 0, f"loss {report.metrics['loss']:.3f}"
            else:
                num_refused, note = num_refused + 1, "step refused"
                session.bear(StepRefused(num_refused, report.refusal))
            session.progress.advance(_NAME, note=note)
            if step + 1 < len(batches):
                await _maybe_checkpoint(session, step + 1)
    await save_model(session, session.folder.sft_model)
    remove_checkpoints(_partial(session), keep=0)
    session.progress.finish(_NAME)


def policy_transcriber(session: Session) -> Transcriber:
    """Lays conversations out as the tokens of the run's model, under the instructions that RL uses."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(session.model_path))
    config = session.config.rollout
    wording = chosen_agent(config.agent).wording or config.instructions
    return Transcriber(tokenizer, wording, generation_eos_ids(session.model_path))


def laid_out_traces(session: Session) -> list[SftRollout]:
    """The traces as token segments."""
    transcriber = policy_transcriber(session)
    return [
        transcriber.written_rollout(trace.trace_id, trace.question, trace.turns)
        for trace in read_traces(session.folder.traces)
    ]


def epoch_batches(num_traces: int, batch_size: int, epochs: int, seed: int) -> list[list[int]]:
    """Trace numbers of each step: every epoch holds every trace once, in its own seeded order."""
    batches = []
    for epoch in range(epochs):
        order = list(range(num_traces))
        random.Random(f"{seed}/{epoch}").shuffle(order)
        per_epoch = math.ceil(num_traces / batch_size)
        batches += [order[i * batch_size : (i + 1) * batch_size] for i in range(per_epoch)]
    return batches


async def save_model(session: Session, target: Path) -> None:
    """Write the policy to `target`, whole or not at all."""
    async with drafted(target) as draft:
        await session.cluster.start_learner().save_hf(str(draft))


async def _maybe_checkpoint(session: Session, step: int) -> None:
    if step % session.config.training.checkpoint_every and not session.stop_requested:
        return
    async with drafted(_partial(session) / f"step-{step}") as draft:
        await session.cluster.start_learner().save_checkpoint(str(draft), {"step": step})
    remove_checkpoints(_partial(session), keep=1)
    session.stop_if_requested()


async def _resumed_step(session: Session) -> int:
    checkpoint = await asyncio.to_thread(latest_checkpoint, _partial(session), session.progress.say)
    step = 0
    if checkpoint is not None:
        state = await session.cluster.start_learner().load_checkpoint(str(checkpoint.absolute()))
        step = int(state["step"])
    # Steps beyond the checkpoint, or all where there is none, are made again.
    session.metrics.truncate_after("sft", step)
    return step


def _partial(session: Session) -> Path:
    return session.folder.sft_partial
