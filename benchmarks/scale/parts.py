"""CPU milliseconds that a group costs each serial part, by the parts themselves: what the simulation is fed with.

CPU time of this process and its children, the least of several rounds, which other processes change little. Groups
cross processes as pickled records here, as they do through the object store.
"""

import asyncio
import pickle
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from actors.learning.batches import micro_batches, packed_rows
from actors.learning.config import GrpoConfig
from actors.learning.samples import grpo_samples
from actors.records import EndReason, GroupSummary, Rollout, RolloutGroup, Score, ScoredGroup, Segment, Source
from actors.reward_scorer import RewardScorer
from actors.rewards.config import RewardConfig
from curriculum.config import CurriculumConfig
from curriculum.policies.choice import curriculum_policy
from curriculum.potential import TaskPotential
from curriculum.task import Task, TaskOutcome
from driver.outputs.rollout_files import RolloutWriter
from driver.phases.group_buffer import GroupBuffer

NUM_GROUPS = 8
GROUP_SIZE = 5
PROMPT_TOKENS = 800
SCRIPTS = 3
NUM_TASKS = 12_000
MICRO_BATCH_TOKENS = 16_384
ROUNDS = 5


def measured_parts(response_tokens: int) -> dict[str, float]:
    """CPU milliseconds a group and part, and its pickled size in KiB, for responses of so many tokens."""
    groups = [_group(number, response_tokens) for number in range(NUM_GROUPS)]
    scored = [_scored(group) for group in groups]
    sent = [pickle.dumps(group) for group in scored]
    return {
        "score_ms": asyncio.run(_scoring(groups)),
        "prepare_ms": _least(lambda: _prepared(sent)) / NUM_GROUPS,
        "write_ms": _least(lambda: _written(sent)) / NUM_GROUPS,
        "group_kib": len(sent[0]) / 1024,
    }


def measured_curriculum(policy: str, count: int = 256) -> float:
    """CPU milliseconds to draw one task and to take in one outcome, of 12,000 tasks."""
    tasks = [_task(number) for number in range(NUM_TASKS)]
    rng = np.random.default_rng(0)
    potentials = [TaskPotential.measured(t.task_id, int(rng.integers(21)), 20) for t in tasks]
    config = CurriculumConfig.model_validate({"policy": policy})
    chosen = curriculum_policy(tasks, potentials, config)

    def one_step() -> None:
        for task in chosen.next_tasks(count, 0):
            chosen.observe(
                TaskOutcome(task_id=task.task_id, num_correct=2, num_rollouts=GROUP_SIZE, version=0)
            )

    return _least(one_step) / count


def measured_scan(num_groups: int = 16_384) -> float:
    """CPU nanoseconds an admitted group that `GroupBuffer.is_ready` takes to look through the buffer once."""
    buffer = GroupBuffer(num_groups, 10, max_staleness=1, refill=False, max_refill_factor=1.0)
    task = _task(0)
    tickets = [buffer.admit(str(number), task) for number in range(buffer.room())]
    # The last group of the step is the slow one: all before it are looked at.
    summary = GroupSummary.of(_scored(_group(0, 8)))
    for ticket in tickets[: num_groups - 1]:
        buffer.complete(ticket, None, summary)
    return _least(buffer.is_ready) * 1e6 / len(tickets)


def _least(action: Callable[[], object]) -> float:
    seconds = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        action()
        seconds = min(seconds, time.process_time() - began)
    return 1000 * seconds


async def _scoring(groups: list[RolloutGroup]) -> float:
    """Reading, checking and writing back, with the checker's own process."""
    scorer = RewardScorer(RewardConfig(shaping="always"))
    sent = [pickle.dumps(group) for group in groups]
    best = float("inf")
    try:
        await scorer.score(groups[0])
        for _ in range(ROUNDS):
            began = _cpu_s()
            for one in sent:
                pickle.dumps(await scorer.score(pickle.loads(one)))
            best = min(best, _cpu_s() - began)
    finally:
        scorer.close()
    return 1000 * best / len(sent)


def _cpu_s() -> float:
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return float(sum(t.user + t.system for t in times))


def _prepared(sent: list[bytes]) -> None:
    groups = [pickle.loads(one) for one in sent]
    samples = grpo_samples(groups, GrpoConfig())
    rows = packed_rows(samples, share_prefix=True, max_tokens=MICRO_BATCH_TOKENS)
    micro_batches(rows, max_tokens=MICRO_BATCH_TOKENS, num_ranks=8)


def _written(sent: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writer = RolloutWriter(Path(folder))
        for one in sent:
            writer.add("train", 1, pickle.loads(one))
        writer.write("train-00001")


def _task(number: int) -> Task:
    return Task(
        task_id=f"measured/gcd/{number:05d}",
        family=f"family_{number % 84}",
        source="reasoning_gym",
        split="train",
        question="Find the Greatest Common Divisor of 225 and 864.",
        checker="number",
        payload='{"answer": "9"}',
    )


def _group(number: int, response_tokens: int) -> RolloutGroup:
    rollouts = tuple(_rollout(f"g{number}/{i}", response_tokens) for i in range(GROUP_SIZE))
    return RolloutGroup(group_id=f"g{number}", task=_task(number), rollouts=rollouts)


def _rollout(rollout_id: str, response_tokens: int) -> Rollout:
    own, shown = response_tokens * 5 // 6 // (SCRIPTS + 1), response_tokens // 6 // SCRIPTS
    script = "```python\n" + "total = total + 1  # add\n" * (own // 16) + "```\n"
    turn = [
        _segment(Source.MODEL, own, _lines(own // 2) + script),
        _segment(Source.ENVIRONMENT, shown, _lines(shown)),
    ]
    answer = _segment(Source.MODEL, own, _lines(own) + "<<<9>>>")
    segments = [_segment(Source.PROMPT, PROMPT_TOKENS, _lines(PROMPT_TOKENS)), *(turn * SCRIPTS)]
    return Rollout(
        rollout_id=rollout_id,
        segments=(*segments, answer),
        executions=(),
        end_reason=EndReason.ANSWER,
        generate_s=1.0,
        execute_s=0.1,
    )


def _lines(num_tokens: int) -> str:
    """About four characters a token, in lines of 16 tokens."""
    return ("and so on, the number found before is added to it, which makes\n") * (num_tokens // 16)


def _segment(source: Source, num_tokens: int, text: str) -> Segment:
    num_sampled = num_tokens if source is Source.MODEL else 0
    return Segment(
        source=source,
        token_ids=np.arange(num_tokens, dtype=np.int32),
        logprobs=np.full(num_sampled, -0.3, np.float32),
        versions=np.zeros(num_sampled, np.int32),
        text=text,
    )


def _scored(group: RolloutGroup) -> ScoredGroup:
    rewards = [float(index % 2) for index in range(len(group.rollouts))]
    scores = tuple(
        Score(reward=r, is_correct=r == 1.0, answer="9", breakdown={"outcome": r}) for r in rewards
    )
    return ScoredGroup(group=group, scores=scores, num_infrastructure=0)
