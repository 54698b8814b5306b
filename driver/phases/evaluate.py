"""Accuracy of each policy on items that were not trained on.

takes: the `test` and `held_out` splits; a folder for each policy   gives: evaluation.json
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from actors.errors import RecordLostError
from actors.handles.calls import Reference, fetched
from actors.records import GroupSummary
from curriculum.task import Task
from driver.outputs.rollout_files import RolloutWriter
from driver.outputs.row_writer import RowWriter
from driver.outputs.run_folder import read_lines, write_json
from driver.phases.checkpoints import refuse_damaged_model
from driver.phases.completeness import refuse_missing
from driver.phases.endpoint import asked_endpoint
from driver.session import GroupJob, RollsOut, Session

_NAME = "evaluate"
_Pair = tuple[str, str]  # policy, agent


def is_done(session: Session) -> bool:
    """Whether every policy has been evaluated."""
    return session.folder.evaluation.is_file()


async def run(session: Session) -> None:
    """Evaluate every policy with every agent on every item; an interrupted attempt goes on with what is missing.

    Raises:
        RunAbortedError: an item has no answer in the file although not all of its rollouts were lost.
    """
    partial, config = session.folder.evaluation_partial, session.config.evaluation
    items = asked_items(session.tasks.split("test") + session.tasks.split("held_out"), config.items)
    folders = policy_folders(session)
    if few := _families_below(items, config.items):
        session.progress.say(
            f"fewer than evaluation.items={config.items} items: {few}; tasks.test_per_family and "
            "tasks.held_out_per_family say how many there are"
        )
    pairs = [(policy, agent) for policy in config.policies for agent in config.agents]
    known = _answered(read_lines(partial))
    lost: dict[_Pair, list[str]] = {pair: [] for pair in pairs}
    session.progress.start(_NAME, len(items) * len(pairs))
    session.progress.advance(_NAME, len(known))
    with RowWriter(partial) as rows:
        for policy, agents in itertools.groupby(pairs, key=lambda pair: pair[0]):
            missing = {
                agent: tasks
                for _, agent in agents
                if (tasks := [task for task in items if (policy, agent, task.task_id) not in known])
            }
            if not missing:
                continue
            async with _answering(session, folders[policy]) as rollouts:
                for agent, tasks in missing.items():
                    lost[policy, agent] = await _evaluate(session, rollouts, (policy, agent), tasks, rows)
    found = read_lines(partial)
    refuse_missing(
        _NAME,
        asked=[(*pair, task.task_id) for pair in pairs for task in items],
        written=_answered(found),
        lost=[(*pair, task_id) for pair, task_ids in lost.items() for task_id in task_ids],
    )
    write_json(session.folder.evaluation, _document(found, lost, session.config.rollout.agent))
    partial.unlink(missing_ok=True)
    session.progress.finish(_NAME)


def asked_items(items: Sequence[Task], most: int | None) -> list[Task]:
    """The first `most` of each family, in their order; all of them for None.

    The first ones of a run's own splits: a model that the run trained is never asked what it was trained on.
    """
    seen: Counter[str] = Counter()
    asked = []
    for item in items:
        seen[item.family] += 1
        if most is None or seen[item.family] <= most:
            asked.append(item)
    return asked


def _families_below(items: list[Task], most: int | None) -> str:
    counts = Counter(item.family for item in items)
    return ", ".join(f"{family} has {count}" for family, count in counts.items() if count < (most or 0))


def policy_folders(session: Session) -> dict[str, Path]:
    """The model of each policy that may be evaluated, by name."""
    folders = {
        "base": session.model_path,
        "sft": session.folder.sft_model,
        "grpo": session.folder.final_model,
    }
    return {name: folder.absolute() for name, folder in folders.items()}


@asynccontextmanager
async def _answering(session: Session, model: Path) -> AsyncIterator[RollsOut]:
    """Whoever answers for a policy: the rollout workers that serve its folder, or the endpoint."""
    name = session.config.endpoint_model
    if name is not None:
        async with asked_endpoint(session, _NAME, name) as rollouts:
            yield rollouts
        return
    await refuse_damaged_model(model)
    workers = session.cluster.start_rollouts()
    await workers.load_folder(str(model), 0)
    yield workers


async def _evaluate(
    session: Session, rollouts: RollsOut, pair: _Pair, items: list[Task], rows: RowWriter
) -> list[str]:
    """Ask every item and write its answer down; the ids of those that lost every rollout to our own faults."""
    policy, agent = pair
    config = session.config.evaluation
    # The run's own agent is not in a name, as in runs that had only this one.
    name = policy if agent == session.config.rollout.agent else f"{policy}-{agent}"
    writer = RolloutWriter(session.folder.rollouts)
    started, tokens = time.monotonic(), 0
    lost: list[str] = []

    async def done(_: GroupJob, scored: Reference, summary: GroupSummary) -> None:
        nonlocal tokens
        session.progress.advance(_NAME, note=name)
        tokens += summary.num_generated_tokens
        if not summary.num_rollouts:
            # Left out of the file, so that an attempt that goes on from here asks it again.
            lost.append(summary.task_id)
            return
        try:
            (group,) = await fetched([scored], session.config.recovery.call_s)
        except RecordLostError:
            lost.append(summary.task_id)
            return
        writer.add(f"evaluate-{name}", 0, group)
        row = {"policy": policy, "agent": agent, **_row(group.group.task, summary)}
        await asyncio.to_thread(rows.append, row)

    jobs = [
        GroupJob(task, f"evaluate/{name}/{task.task_id}", config.samples, (config.temperature,), agent)
        for task in items
    ]
    try:
        await session.sweep(jobs, done, rollouts)
    finally:
        # A resumed attempt asks only what is missing and must not overwrite what was asked before.
        attempt = len(list(session.folder.rollouts.glob(f"evaluate-{name}-[0-9]*.parquet"))) + 1
        writer.write(f"evaluate-{name}-{attempt}")
        seconds = time.monotonic() - started
        rows.append({"policy": policy, "agent": agent, "wall_s": seconds})
        values = {"tokens_generated": float(tokens), "tokens_per_s": tokens / max(seconds, 1e-9)}
        session.metrics.log("evaluate", 0, values)
    return lost


def _row(task: Task, summary: GroupSummary) -> dict[str, Any]:
    count = summary.num_rollouts
    return {
        "task_id": summary.task_id,
        "family": summary.family,
        "split": task.split,
        "correct": summary.num_correct / count,
        "num_correct": summary.num_correct,
        "num_samples": count,
        "num_executions": summary.num_executions / count,
        "num_turns": summary.num_turns / count,
        "num_tokens": summary.num_generated_tokens / count,
        "share_code": summary.num_with_code / count,
        "share_checked": summary.num_self_checked / count,
        "terminations": summary.terminations,
        "end_reasons": summary.end_reasons,
        "end_reason": max(summary.end_reasons, key=summary.end_reasons.__getitem__),
    }


def _answered(rows: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """(policy, agent, task id) of every answer among the rows; the others say how long an attempt took."""
    return {(row["policy"], row["agent"], row["task_id"]) for row in rows if "task_id" in row}


def _document(rows: list[dict[str, Any]], lost: dict[_Pair, list[str]], own_agent: str) -> dict[str, object]:
    """The run's own agent under `policies`, every further one under `agents`."""
    policies: dict[str, object] = {}
    agents: dict[str, dict[str, object]] = {}
    for pair, task_ids in lost.items():
        found = [row for row in rows if (row["policy"], row["agent"]) == pair]
        policy, agent = pair
        where = policies if agent == own_agent else agents.setdefault(agent, {})
        where[policy] = {
            "items": [
                {key: value for key, value in row.items() if key not in ("policy", "agent")}
                for row in found
                if "task_id" in row
            ],
            "lost": sorted(task_ids),
            "wall_s": sum(row["wall_s"] for row in found if "wall_s" in row),
        }
    return {"policies": policies, "agents": agents}
