"""Rollouts made by hand."""

from collections.abc import Sequence

import numpy as np

from actors.records import EndReason, Execution, Rollout, RolloutGroup, Segment, Source
from curriculum.task import Task
from sandbox_service import ExecutionResult, Termination

SCRIPT_TURN = "I compute it.\n```python\nprint(2 * 3)\n```\n"
ANSWER_TURN = "The answer is <<<6>>>"


def task(task_id: str = "s/f/0", **changes: str) -> Task:
    fields = {
        "family": "f",
        "source": "s",
        "split": "train",
        "question": "2 * 3?",
        "checker": "c",
        "payload": "{}",
    }
    return Task(task_id=task_id, **{**fields, **changes})


def model_segment(text: str, num_tokens: int = 3, version: int = 0) -> Segment:
    return Segment(
        source=Source.MODEL,
        token_ids=np.arange(num_tokens, dtype=np.int32),
        logprobs=np.full(num_tokens, -0.5, dtype=np.float32),
        versions=np.full(num_tokens, version, dtype=np.int32),
        text=text,
    )


def fixed(source: Source, num_tokens: int = 4, text: str = "") -> Segment:
    return Segment(
        source=source,
        token_ids=np.arange(num_tokens, dtype=np.int32),
        logprobs=np.empty(0, np.float32),
        versions=np.empty(0, np.int32),
        text=text,
    )


def execution(termination: str = "ok") -> Execution:
    return Execution(
        code="print(6)\n", termination=termination, output="6", duration_s=0.5, queue_s=0.25, started_at=10.0
    )


def rollout(
    turns: Sequence[str],
    *,
    end_reason: EndReason = EndReason.ANSWER,
    rollout_id: str = "g/0",
    version: int = 0,
    terminations: Sequence[str] | None = None,
) -> Rollout:
    """A prompt, then these model turns of three tokens each, with the environment between them."""
    segments = [fixed(Source.PROMPT)]
    for number, text in enumerate(turns):
        if number:
            segments.append(fixed(Source.ENVIRONMENT, text="Code Execution Results:\n<<<99>>>"))
        segments.append(model_segment(text, version=version))
    endings = ["ok"] * (len(turns) - 1) if terminations is None else terminations
    return Rollout(
        rollout_id=rollout_id,
        segments=tuple(segments),
        executions=tuple(execution(ending) for ending in endings),
        end_reason=end_reason,
        generate_s=1.5,
        execute_s=0.5,
    )


def group(*rollouts: Rollout, of: Task | None = None) -> RolloutGroup:
    return RolloutGroup(group_id="g", task=of or task(), rollouts=rollouts)


def execution_result(
    termination: Termination = Termination.OK, stdout: str = "", stderr: str = "", message: str = ""
) -> ExecutionResult:
    return ExecutionResult(
        execution_id="g/0/0",
        termination=termination,
        stdout=stdout,
        stderr=stderr,
        exit_code=0,
        stdout_bytes=len(stdout),
        stderr_bytes=len(stderr),
        duration_s=5.2,
        cpu_s=0.1,
        peak_memory_mib=10.0,
        queue_s=0.0,
        worker="w",
        layers=(),
        message=message,
    )
