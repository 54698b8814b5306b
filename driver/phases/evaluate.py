"""Accuracy of each policy on items that were not trained on.

takes: the `test` and `held_out` splits; base, SFT and final model   gives: evaluation.json
"""

import asyncio
import time
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
from driver.session import GroupJob, Session

_NAME = "evaluate"


def is_done(session: Session) -> bool:
    """Whether every policy has been evaluated."""
    return session.folder.evaluation.is_file()


async def run(session: Session) -> None:
    """Evaluate every policy on every item; an interrupted attempt goes on with what is missing.

    Raises:
        RunAbortedError: an item has no answer in the file although not all of its rollouts were lost.
    """
    partial = session.folder.evaluation_partial
    policies = session.config.evaluation.policies
    items = session.tasks.split("test") + session.tasks.split("held_out")
    known = _answered(read_lines(partial))
    lost: dict[str, list[str]] = {policy: [] for policy in policies}
    session.progress.start(_NAME, len(items) * len(policies))
    session.progress.advance(_NAME, len(known))
    with RowWriter(partial) as rows:
        for policy in policies:
            missing = [task for task in items if (policy, task.task_id) not in known]
            if missing:
                lost[policy] = await _evaluate_policy(session, policy, missing, rows)
    found = read_lines(partial)
    refuse_missing(
        _NAME,
        asked=[(policy, task.task_id) for policy in policies for task in items],
        written=_answered(found),
        lost=[(policy, task_id) for policy, task_ids in lost.items() for task_id in task_ids],
    )
    write_json(session.folder.evaluation, _document(found, lost))
    partial.unlink(missing_ok=True)
    session.progress.finish(_NAME)


async def _evaluate_policy(session: Session, policy: str, items: list[Task], rows: RowWriter) -> list[str]:
    """Ask every item and write its answer down; the ids of those that lost every rollout to our own faults."""
    config = session.config.evaluation
    folders = {
        "base": session.model_path,
        "sft": session.folder.sft_model,
        "grpo": session.folder.final_model,
    }
    await refuse_damaged_model(folders[policy])
    await session.cluster.start_rollouts().load_folder(str(folders[policy].absolute()), 0)
    writer = RolloutWriter(session.folder.rollouts)
    started = time.monotonic()
    lost: list[str] = []

    async def done(_: GroupJob, scored: Reference, summary: GroupSummary) -> None:
        session.progress.advance(_NAME, note=policy)
        if not summary.num_rollouts:
            # Left out of the file, so that an attempt that goes on from here asks it again.
            lost.append(summary.task_id)
            return
        try:
            (group,) = await fetched([scored], session.config.recovery.call_s)
        except RecordLostError:
            lost.append(summary.task_id)
            return
        writer.add(f"evaluate-{policy}", 0, group)
        await asyncio.to_thread(rows.append, _row(policy, group.group.task, summary))

    jobs = [
        GroupJob(
            task,
            f"evaluate/{policy}/{task.task_id}",
            config.samples,
            config.temperature,
            session.config.rollout.instructions,
        )
        for task in items
    ]
    try:
        await session.sweep(jobs, done)
    finally:
        # A resumed attempt asks only what is missing and must not overwrite what was asked before.
        attempt = len(list(session.folder.rollouts.glob(f"evaluate-{policy}-*.parquet"))) + 1
        writer.write(f"evaluate-{policy}-{attempt}")
        rows.append({"policy": policy, "wall_s": time.monotonic() - started})
    return lost


def _row(policy: str, task: Task, summary: GroupSummary) -> dict[str, Any]:
    return {
        "policy": policy,
        "task_id": summary.task_id,
        "family": summary.family,
        "split": task.split,
        "correct": summary.num_correct / summary.num_rollouts,
        "num_samples": summary.num_rollouts,
        "num_executions": summary.num_executions / summary.num_rollouts,
        "end_reason": max(summary.end_reasons, key=summary.end_reasons.__getitem__),
    }


def _answered(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """(policy, task id) of every answer among the rows; the others say how long an attempt took."""
    return {(row["policy"], row["task_id"]) for row in rows if "task_id" in row}


def _document(rows: list[dict[str, Any]], lost: dict[str, list[str]]) -> dict[str, object]:
    return {
        "policies": {
            policy: {
                "items": [
                    {key: value for key, value in row.items() if key != "policy"}
                    for row in rows
                    if row["policy"] == policy and "task_id" in row
                ],
                "lost": sorted(task_ids),
                "wall_s": sum(row["wall_s"] for row in rows if row["policy"] == policy and "wall_s" in row),
            }
            for policy, task_ids in lost.items()
        }
    }
