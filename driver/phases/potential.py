"""Improvement potential 4p(1-p) of every training task, measured on the SFT model.

takes: the `train` split, checkpoints/sft   gives: potential.json
"""

import asyncio
import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from actors.handles.calls import Reference
from actors.records import GroupSummary
from curriculum.config import CurriculumConfig
from curriculum.policies.choice import curriculum_policy
from curriculum.posterior import is_settled, success_posterior
from curriculum.potential import POLICY, TaskPotential, improvement_potential, one_per_task
from curriculum.task import Task
from driver.outputs.row_writer import RowWriter
from driver.outputs.run_folder import read_json, read_lines, write_json
from driver.phases.checkpoints import refuse_damaged_model
from driver.phases.completeness import refuse_missing
from driver.session import GroupJob, Session

_NAME = "potential"
_MOST_LOOKS = 4
"""How often a task's counts are looked at, the last time at all of them: a look costs a wait for the slowest."""
_Counts = dict[str, dict[str, dict[str, int]]]  # task id, then agent, then num_correct and num_rollouts
_Question = tuple[str, str, int]  # task id, agent, round


def is_done(session: Session) -> bool:
    """Whether it has been measured."""
    return session.folder.potential.is_file()


async def run(session: Session) -> None:
    """Sample every task with every agent; an interrupted attempt goes on with what is missing.

    Raises:
        RunAbortedError: a task has no count in the file although not all of its rollouts were lost.
    """
    config, partial = session.config.potential, session.folder.potential_partial
    tasks = session.tasks.split("train")
    pairs = [(task, agent) for task in tasks for agent in config.agents]
    sizes = round_sizes(config.samples, config.settled_width)
    session.progress.start(_NAME, len(pairs) * len(sizes) - len(_answered(read_lines(partial))))
    started, tokens, num_saved, is_loaded = time.monotonic(), 0, 0, False
    for number, size in enumerate(sizes):
        found = read_lines(partial)
        counts = _counts([row for row in found if _round_of(row) < number])
        asked = [
            (task, agent)
            for task, agent in pairs
            if not _is_settled(counts.get(task.task_id, {}).get(agent), config.settled_width)
        ]
        session.progress.advance(_NAME, len(pairs) - len(asked))
        num_saved += size * (len(pairs) - len(asked))
        known = _answered(found)
        jobs = [
            GroupJob(task, _group_id(task, agent, number), size, config.temperatures, agent)
            for task, agent in asked
            if (task.task_id, agent, number) not in known
        ]
        if jobs and not is_loaded:
            await refuse_damaged_model(session.folder.sft_model)
            await session.cluster.start_rollouts().load_folder(str(session.folder.sft_model.absolute()), 0)
            is_loaded = True
        lost, generated = await _swept(session, jobs, number)
        tokens += generated
        refuse_missing(
            _NAME,
            asked=[(task.task_id, agent, number) for task, agent in asked],
            written=_answered(read_lines(partial)),
            lost=lost,
        )
    found = read_lines(partial)
    seconds = max(time.monotonic() - started, 1e-9)
    values = {"tokens_generated": tokens, "tokens_per_s": tokens / seconds, "rollouts_saved": num_saved}
    session.metrics.log("potential", 0, values)
    made = document(tasks, found, _ordering_agent(session), session.config.curriculum)
    cost = {key: sum(int(row.get(key, 0)) for row in found) for key in ("num_rollouts", "num_tokens")}
    write_json(session.folder.potential, made | cost | {"num_saved": num_saved})
    partial.unlink(missing_ok=True)
    session.progress.finish(_NAME)


def round_sizes(samples: int, settled_width: float) -> list[int]:
    """How many rollouts of a task are sampled before its counts are looked at again: all, or about a quarter.

    Args:
        samples: All of them together.
        settled_width: The widest interval that settles a task; 0 if none does.
    """
    if settled_width == 0:
        return [samples]
    looks = [samples * look // _MOST_LOOKS for look in range(_MOST_LOOKS + 1)]
    return [end - start for start, end in itertools.pairwise(looks) if end > start]


async def _swept(session: Session, jobs: list[GroupJob], number: int) -> tuple[list[_Question], int]:
    """Answer the jobs of a round into the partial file; those that were lost, and the tokens of the others."""
    lost: list[_Question] = []
    tokens = 0

    async def done(job: GroupJob, _: Reference | None, summary: GroupSummary) -> None:
        nonlocal tokens
        row = {
            "task_id": summary.task_id,
            "agent": job.agent,
            "round": number,
            "num_correct": summary.num_correct,
            "num_rollouts": summary.num_rollouts,
            "num_tokens": summary.num_generated_tokens,
        }
        tokens += summary.num_generated_tokens
        session.progress.advance(_NAME)
        if summary.num_rollouts == 0:
            lost.append((summary.task_id, job.agent, number))
            return
        await asyncio.to_thread(rows.append, row)

    with RowWriter(session.folder.potential_partial) as rows:
        await session.sweep(jobs, done)
    return lost, tokens


def measured(session: Session) -> list[TaskPotential]:
    """The potentials in potential.json; counts of the agent that orders the tasks are the policy's own."""
    agents = {row["task_id"]: row["agents"] for row in read_json(session.folder.potential)["tasks"]}
    return _records(agents, _ordering_agent(session))


def _ordering_agent(session: Session) -> str | None:
    """The agent whose counts order the tasks; None for all of them together."""
    config = session.config
    return config.rollout.agent if config.potential.counts == "own" else None


def _answered(rows: Sequence[dict[str, Any]]) -> set[_Question]:
    """Task id, agent and round of every count among the rows."""
    return {(row["task_id"], row["agent"], _round_of(row)) for row in rows}


def _round_of(row: dict[str, Any]) -> int:
    return int(row.get("round", 0))


def _group_id(task: Task, agent: str, number: int) -> str:
    first = f"potential/{agent}/{task.task_id}"
    return f"{first}/{number}" if number else first


def _is_settled(counts: dict[str, int] | None, width: float) -> bool:
    return counts is not None and is_settled(counts["num_correct"], counts["num_rollouts"], width=width)


def _counts(rows: Sequence[dict[str, Any]]) -> _Counts:
    """The rows' counts, those of several rounds added up."""
    agents: _Counts = defaultdict(dict)
    for row in rows:
        counts = agents[str(row["task_id"])].setdefault(
            str(row["agent"]), {"num_correct": 0, "num_rollouts": 0}
        )
        for name in counts:
            counts[name] += int(row[name])
    return agents


def document(
    tasks: Sequence[Task], rows: Sequence[dict[str, Any]], policy: str | None, config: CurriculumConfig
) -> dict[str, Any]:
    """What potential.json holds: counts, potential and stage of each task, as training will have them.

    Potential is the plain 4p(1-p), `potential_unbiased` corrects its bias (null below two rollouts), and `posterior`
    is what is known of p. `sizes` and `bounds`: the number of tasks that each stage opens, their lowest and highest
    potential.

    Args:
        tasks: All that may be trained on.
        rows: Counts of one task by one agent each; several are added up.
        policy: The agent whose counts order the tasks; None pools all agents'.
        config: Grouping and stages.
    """
    agents = _counts(rows)
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


def _records(agents: _Counts, policy: str | None) -> list[TaskPotential]:
    return [
        TaskPotential.measured(
            task_id, counts["num_correct"], counts["num_rollouts"], POLICY if agent == policy else agent
        )
        for task_id, by_agent in agents.items()
        for agent, counts in by_agent.items()
    ]
