"""Improvement potential 4p(1-p) of every training task, measured on the SFT model.

takes: the `train` split, checkpoints/sft   gives: potential.json
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from actors.handles.calls import Reference
from actors.records import GroupSummary
from curriculum.config import CurriculumConfig
from curriculum.policies.choice import curriculum_policy
from curriculum.posterior import success_posterior
from curriculum.potential import POLICY, TaskPotential, improvement_potential, one_per_task
from curriculum.task import Task
from driver.outputs.row_writer import RowWriter
from driver.outputs.run_folder import read_json, read_lines, write_json
from driver.phases.checkpoints import refuse_damaged_model
from driver.phases.completeness import refuse_missing
from driver.session import GroupJob, Session

_NAME = "potential"


def is_done(session: Session) -> bool:
    """Whether it has been measured."""
    return session.folder.potential.is_file()


async def run(session: Session) -> None:
    """Sample every task with every wording of the instructions; an interrupted attempt goes on with what is missing.

    Raises:
        RunAbortedError: a task has no count in the file although not all of its rollouts were lost.
    """
    config = session.config.potential
    partial = session.folder.potential_partial
    tasks = session.tasks.split("train")
    known = _measured_pairs(read_lines(partial))
    jobs = [
        GroupJob(task, f"potential/{wording}/{task.task_id}", config.samples, config.temperature, wording)
        for task in tasks
        for wording in config.instructions
        if (task.task_id, wording) not in known
    ]
    lost: list[tuple[str, str]] = []
    session.progress.start(_NAME, len(jobs))
    started, tokens = time.monotonic(), 0
    if jobs:
        await refuse_damaged_model(session.folder.sft_model)
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
            lost.append((summary.task_id, job.instructions))
            return
        await asyncio.to_thread(rows.append, row)

    with RowWriter(partial) as rows:
        await session.sweep(jobs, done)
    seconds = max(time.monotonic() - started, 1e-9)
    session.metrics.log("potential", 0, {"tokens_generated": tokens, "tokens_per_s": tokens / seconds})
    found = read_lines(partial)
    refuse_missing(
        _NAME,
        asked=[(task.task_id, wording) for task in tasks for wording in config.instructions],
        written=_measured_pairs(found),
        lost=lost,
    )
    policy = session.config.rollout.instructions
    write_json(session.folder.potential, document(tasks, found, policy, session.config.curriculum))
    partial.unlink(missing_ok=True)
    session.progress.finish(_NAME)


def measured(session: Session) -> list[TaskPotential]:
    """The potentials in potential.json; the wording that RL uses counts as the policy's own."""
    agents = {row["task_id"]: row["agents"] for row in read_json(session.folder.potential)["tasks"]}
    return _records(agents, session.config.rollout.instructions)


def _measured_pairs(rows: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
    """(task id, wording) of every count among the rows."""
    return {(row["task_id"], row["instructions"]) for row in rows}


_Counts = dict[str, dict[str, dict[str, int]]]  # task id, then wording, then num_correct and num_rollouts


def document(
    tasks: Sequence[Task], rows: Sequence[dict[str, Any]], policy: str, config: CurriculumConfig
) -> dict[str, Any]:
    """What potential.json holds: counts, potential and stage of each task, as training will have them.

    Potential is the plain 4p(1-p), `potential_unbiased` corrects its bias (null below two rollouts), and `posterior`
    is what is known of p. `sizes` and `bounds`: the number of tasks that each stage opens, their lowest and highest
    potential.

    Args:
        tasks: All that may be trained on.
        rows: Counts of one task under one wording each.
        policy: The wording that RL uses.
        config: Grouping and stages.
    """
    agents: _Counts = defaultdict(dict)
    for row in rows:
        counts = {name: int(row[name]) for name in ("num_correct", "num_rollouts")}
        agents[str(row["task_id"])][str(row["instructions"])] = counts
    records = _records(agents, policy)
    record_of = {r.task_id: r for r in one_per_task(records)}
    value_of = {task.task_id: 0.0 for task in tasks} | {i: r.potential for i, r in record_of.items()}
    plan = curriculum_policy(tasks, records, config).plan
    opened = [[value_of[task_id] for task_id in s.new_task_ids] for s in plan.stages]
    stage_of = {task_id: number + 1 for number, s in enumerate(plan.stages) for task_id in s.new_task_ids}
    family_of = {task.task_id: task.family for task in tasks}
    return {
        "tasks": [
            {
                "task_id": task.task_id,
                "family": task.family,
                "agents": agents.get(task.task_id, {}),
                "potential": value_of[task.task_id],
                **_uncertainty(record_of.get(task.task_id)),
                "stage": stage_of[task.task_id],
            }
            for task in tasks
        ],
        "policy": config.policy,
        "boundaries": list(config.thresholds),
        "sizes": [len(values) for values in opened],
        "bounds": [[min(values), max(values)] for values in opened],
        "steps": [stage.num_steps for stage in plan.stages],
        "families": [dict(Counter(family_of[i] for i in s.new_task_ids).most_common()) for s in plan.stages],
        "note": " ".join(plan.notes),
    }


def _uncertainty(record: TaskPotential | None) -> dict[str, Any]:
    """How far the counts behind a potential can be trusted."""
    correct, rollouts = (record.num_correct, record.num_rollouts) if record else (0, 0)
    return {
        "potential_unbiased": improvement_potential(correct, rollouts, unbiased=True)
        if rollouts > 1
        else None,
        "posterior": success_posterior(correct, rollouts).model_dump(),
    }


def _records(agents: _Counts, policy: str) -> list[TaskPotential]:
    return [
        TaskPotential.measured(
            task_id, counts["num_correct"], counts["num_rollouts"], POLICY if agent == policy else agent
        )
        for task_id, by_agent in agents.items()
        for agent, counts in by_agent.items()
    ]
