"""Improvement potential 4p(1-p) of every training task, measured on the SFT model.

takes: the `train` split, checkpoints/sft   gives: potential.json
"""

import asyncio
import json
import time
from collections import defaultdict

from actors.handles.calls import Reference
from actors.records import GroupSummary
from curriculum.potential import POLICY, TaskPotential
from curriculum.scheduler import Curriculum
from driver.outputs.run_folder import append_line, read_lines, write_json
from driver.session import GroupJob, Session

_NAME = "potential"


def is_done(session: Session) -> bool:
    """Whether it has been measured."""
    return session.folder.potential.is_file()


async def run(session: Session) -> None:
    """Sample every task with every wording of the instructions; an interrupted attempt goes on with what is missing."""
    config = session.config.potential
    partial = session.folder.root / "potential.partial.jsonl"
    rows = read_lines(partial)
    known = {(row["task_id"], row["instructions"]) for row in rows}
    jobs = [
        GroupJob(task, f"potential/{wording}/{task.task_id}", config.samples, config.temperature, wording)
        for task in session.tasks.split("train")
        for wording in config.instructions
        if (task.task_id, wording) not in known
    ]
    session.progress.start(_NAME, len(jobs))
    started, tokens = time.monotonic(), 0
    if jobs:
        await session.cluster.start_rollouts().load_folder(str(session.folder.sft_model.absolute()), 0)

    async def done(job: GroupJob, _: Reference, summary: GroupSummary) -> None:
        nonlocal tokens
        row = {
            "task_id": summary.task_id,
            "instructions": job.instructions,
            "num_correct": summary.num_correct,
            "num_rollouts": summary.num_rollouts,
        }
        tokens += summary.num_generated_tokens
        session.progress.advance(_NAME)
        if summary.num_rollouts == 0:
            return
        rows.append(row)
        await asyncio.to_thread(append_line, partial, row)

    await session.sweep(jobs, done)
    seconds = max(time.monotonic() - started, 1e-9)
    session.metrics.log("potential", 0, {"tokens_generated": tokens, "tokens_per_s": tokens / seconds})
    write_json(session.folder.potential, _document(session, rows))
    partial.unlink(missing_ok=True)
    session.progress.finish(_NAME)


def measured(session: Session) -> list[TaskPotential]:
    """The potentials in potential.json; the wording that RL uses counts as the policy's own."""
    policy = session.config.rollout.instructions
    return [
        TaskPotential.measured(
            row["task_id"],
            counts["num_correct"],
            counts["num_rollouts"],
            POLICY if agent == policy else agent,
        )
        for row in json.loads(session.folder.potential.read_text())["tasks"]
        for agent, counts in row["agents"].items()
    ]


def _document(session: Session, rows: list[dict[str, object]]) -> dict[str, object]:
    agents: dict[str, dict[str, dict[str, object]]] = defaultdict(dict)
    for row in rows:
        agents[str(row["task_id"])][str(row["instructions"])] = {
            "num_correct": row["num_correct"],
            "num_rollouts": row["num_rollouts"],
        }
    tasks = session.tasks.split("train")
    policy = session.config.rollout.instructions
    own = {
        task_id: TaskPotential.measured(
            task_id, counts[policy]["num_correct"], counts[policy]["num_rollouts"]
        )
        for task_id, counts in agents.items()
        if policy in counts
    }
    plan = Curriculum(tasks, list(own.values()), session.config.curriculum).plan
    stage_of = {task_id: number + 1 for number, s in enumerate(plan.stages) for task_id in s.new_task_ids}
    return {
        "tasks": [
            {
                "task_id": task.task_id,
                "family": task.family,
                "agents": agents[task.task_id],
                "potential": own[task.task_id].potential if task.task_id in own else 0.0,
                "stage": stage_of[task.task_id],
            }
            for task in tasks
        ],
        "boundaries": list(session.config.curriculum.thresholds),
        "steps": [stage.num_steps for stage in plan.stages],
        "note": " ".join(plan.notes),
    }
