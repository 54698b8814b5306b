"""Accuracy of each policy on items that were not trained on.

takes: the `test` and `held_out` splits; base, SFT and final model   gives: evaluation.json
"""

import asyncio
import time
from pathlib import Path

from actors.handles.calls import Reference, fetched
from actors.records import GroupSummary
from driver.outputs.rollout_files import RolloutWriter
from driver.outputs.run_folder import append_line, read_lines, write_json
from driver.session import GroupJob, Session

_NAME = "evaluate"


def is_done(session: Session) -> bool:
    """Whether every policy has been evaluated."""
    return session.folder.evaluation.is_file()


async def run(session: Session) -> None:
    """Evaluate every policy on every item; an interrupted attempt goes on with what is missing."""
    partial = session.folder.root / "evaluation.partial.jsonl"
    rows = read_lines(partial)
    config = session.config.evaluation
    items = session.tasks.split("test") + session.tasks.split("held_out")
    session.progress.start(_NAME, len(items) * len(config.policies))
    session.progress.advance(_NAME, sum("task_id" in row for row in rows))
    for policy in config.policies:
        known = {row["task_id"] for row in rows if row["policy"] == policy and "task_id" in row}
        missing = [task for task in items if task.task_id not in known]
        if missing:
            await _evaluate_policy(session, policy, missing, partial)
    write_json(session.folder.evaluation, _document(read_lines(partial), config.policies))
    partial.unlink(missing_ok=True)
    session.progress.finish(_NAME)


async def _evaluate_policy(session: Session, policy: str, items: list, partial: Path) -> None:
    config = session.config.evaluation
    folders = {
        "base": session.model_path,
        "sft": session.folder.sft_model,
        "grpo": session.folder.final_model,
    }
    await session.cluster.start_rollouts().load_folder(str(folders[policy].absolute()), 0)
    writer = RolloutWriter(session.folder.rollouts)
    started = time.monotonic()

    async def done(_: GroupJob, scored: Reference, summary: GroupSummary) -> None:
        (group,) = await fetched([scored])
        writer.add(f"evaluate-{policy}", 0, group)
        row = {
            "policy": policy,
            "task_id": summary.task_id,
            "family": summary.family,
            "split": group.group.task.split,
            "correct": summary.num_correct / max(summary.num_rollouts, 1),
            "num_executions": summary.num_executions / max(summary.num_rollouts, 1),
            "end_reason": max(
                summary.end_reasons, key=summary.end_reasons.__getitem__, default="infrastructure"
            ),
        }
        # An item that failed on our side is left out of the file, so a resumed run asks it again.
        if summary.num_rollouts:
            await asyncio.to_thread(append_line, partial, row)
        session.progress.advance(_NAME, note=policy)

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
    await session.sweep(jobs, done)
    # A resumed attempt asks only what is missing and must not overwrite what was asked before.
    attempt = len(list(session.folder.rollouts.glob(f"evaluate-{policy}-*.parquet"))) + 1
    writer.write(f"evaluate-{policy}-{attempt}")
    append_line(partial, {"policy": policy, "wall_s": time.monotonic() - started})


def _document(rows: list[dict], policies: tuple[str, ...]) -> dict[str, object]:
    return {
        "policies": {
            policy: {
                "items": [
                    {key: value for key, value in row.items() if key != "policy"}
                    for row in rows
                    if row["policy"] == policy and "task_id" in row
                ],
                "wall_s": sum(row["wall_s"] for row in rows if row["policy"] == policy and "wall_s" in row),
            }
            for policy in policies
        }
    }
