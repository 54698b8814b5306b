"""What crosses a process boundary, in the order data flows.

Task (curriculum) -> Rollout -> RolloutGroup -> ScoredGroup -> StepReport (learner) -> WeightManifest (to the engines).

Notation: G rollouts in a group, T tokens in a segment or rollout. Token arrays are numpy and read-only by
convention: a receiver may share memory with the object store, so it must never write into them.
"""

from collections import Counter
from enum import StrEnum
from statistics import pstdev

import numpy as np

from actors.frozen import Frozen
from curriculum.task import Task


class Source(StrEnum):
    """Who wrote the tokens of a segment."""

    PROMPT = "prompt"
    MODEL = "model"
    ENVIRONMENT = "environment"


class EndReason(StrEnum):
    """Why a rollout stopped."""

    ANSWER = "answer"
    """The model gave a final answer and ended its turn."""
    SILENT = "silent"
    """The model ended its turn with neither a complete script nor an answer."""
    TURN_TOKENS = "turn_tokens"
    """One turn reached its token limit."""
    ROLLOUT_TOKENS = "rollout_tokens"
    """The whole rollout reached its token limit."""
    EXECUTIONS = "executions"
    """The model asked for one more execution than is allowed."""
    INFRASTRUCTURE = "infrastructure"
    """The sandbox or the engine failed, not the model: dropped, never scored or trained on."""


class Segment(Frozen):
    """A run of tokens by one writer.

    Example: `Segment(source="model", token_ids=int32[T], logprobs=float32[T], versions=int32[T], text="...")`.
    """

    source: Source
    """Who wrote it. Only `model` segments are trained on."""
    token_ids: np.ndarray
    """int32 [T], exactly what the engine sampled or was fed."""
    logprobs: np.ndarray
    """float32 [T] behaviour log-probabilities for `model`; empty otherwise."""
    versions: np.ndarray
    """int32 [T] policy version that sampled each token for `model`; empty otherwise."""
    text: str
    """The tokens as text, for reading only: nothing is ever re-tokenised from it."""


class Execution(Frozen):
    """One script the model ran and what came of it."""

    code: str
    """The script that was run, without its fence."""
    termination: str
    """How it ended: a value of `sandbox_service.Termination`."""
    output: str
    """What the model was shown."""
    duration_s: float
    """Wall time of the script itself."""
    queue_s: float
    """Time it waited for a worker; never counted against the script."""
    started_at: float = 0.0
    """Unix seconds when it was handed to the sandbox."""


class Aside(Frozen):
    """What the model said to a question beside the conversation, such as a guide's: for reading, never trained on."""

    question: str
    """What the model was asked."""
    text: str
    """What it said to that."""
    num_tokens: int
    """How many tokens it sampled."""


class Rollout(Frozen):
    """One conversation: prompt, then model and environment segments in turn."""

    rollout_id: str
    """`<group_id>/<index>`, unique in a run."""
    segments: tuple[Segment, ...]
    """The first is the prompt; segments joined in order are the exact token sequence."""
    executions: tuple[Execution, ...]
    """Scripts run, in order."""
    asides: tuple[Aside, ...] = ()
    """What was said beside it, in order."""
    num_reported_tokens: int | None = None
    """Tokens that an endpoint says it sampled in the turns; None where an engine of ours did, and all are here."""
    end_reason: EndReason
    """Why the conversation stopped here."""
    generate_s: float
    """Seconds spent waiting for the engine."""
    execute_s: float
    """Seconds spent waiting for the sandbox."""

    @property
    def turn_texts(self) -> tuple[str, ...]:
        """What the model wrote, turn by turn: the only place an answer may come from."""
        return tuple(s.text for s in self.segments if s.source is Source.MODEL)

    @property
    def model_text(self) -> str:
        """All that the model wrote, in order, for reading."""
        return "\n".join(self.turn_texts)

    @property
    def num_generated_tokens(self) -> int:
        """Tokens the model sampled, those beside the conversation included."""
        own = self.num_reported_tokens
        if own is None:
            own = sum(len(s.token_ids) for s in self.segments if s.source is Source.MODEL)
        return own + sum(aside.num_tokens for aside in self.asides)

    @property
    def num_turns(self) -> int:
        """Turns the model took."""
        return sum(s.source is Source.MODEL for s in self.segments)

    @property
    def is_overlong(self) -> bool:
        """Whether a token limit cut it off: that of a turn, or its own."""
        return self.end_reason in (EndReason.TURN_TOKENS, EndReason.ROLLOUT_TOKENS)

    @property
    def oldest_version(self) -> int:
        """The oldest policy version among its sampled tokens; -1 if it has none."""
        versions = [int(s.versions.min()) for s in self.segments if len(s.versions)]
        return min(versions, default=-1)


class RolloutGroup(Frozen):
    """G rollouts of one task."""

    group_id: str
    """Unique in a run."""
    task: Task
    """What was asked, with what its checker needs."""
    rollouts: tuple[Rollout, ...]
    """The G siblings, in the order of their index."""


class Score(Frozen):
    """What one rollout earned, rule by rule."""

    reward: float
    """The total that advantages are made from."""
    is_correct: bool
    """The binary outcome by the task's checker."""
    answer: str | None
    """The extracted answer, if any."""
    breakdown: dict[str, float]
    """Named parts that add up to `reward`."""


class ScoredGroup(Frozen):
    """A group whose rollouts all have a score (rollouts that failed on our side are already gone)."""

    group: RolloutGroup
    """The rollouts that count."""
    scores: tuple[Score, ...]
    """One per rollout, same order."""
    num_infrastructure: int
    """Siblings that were dropped because our side failed."""

    @property
    def success_rate(self) -> float:
        """Share of correct rollouts; 0 for an empty group."""
        return sum(s.is_correct for s in self.scores) / max(len(self.scores), 1)


class GroupSummary(Frozen):
    """The numbers of one scored group, without its tokens: what the driver decides from."""

    group_id: str
    """Id of the group that is summed up."""
    task_id: str
    """Id of the task that its rollouts answer."""
    family: str
    """Family of that task."""
    num_rollouts: int
    """Rollouts of the group that count."""
    num_correct: int
    """Right ones among them."""
    num_infrastructure: int
    """Siblings dropped because our side failed."""
    mean_reward: float
    """Over the rollouts that count; 0 if there are none."""
    num_generated_tokens: int
    """Tokens the model sampled."""
    num_executions: int
    """Scripts that its rollouts ran, all together."""
    num_turns: int = 0
    """Turns that the model took, all together."""
    num_with_code: int = 0
    """Rollouts that ran at least one script."""
    num_self_checked: int = 0
    """Rollouts that tested their answer by a script, see `actors.rewards.self_check`."""
    end_reasons: dict[str, int]
    """How many rollouts ended for which reason."""
    terminations: dict[str, int]
    """How many executions ended how."""
    oldest_version: int
    """Oldest policy version among all tokens."""
    execution_spans: tuple[tuple[float, float], ...] = ()
    """(start, end) in unix seconds during which scripts were with the sandbox."""
    generate_s: float
    """Seconds its rollouts waited for the engine, added up."""
    execute_s: float
    """Seconds its rollouts waited for the sandbox, added up."""
    queue_s: float = 0.0
    """Seconds of those that its scripts waited in line, added up."""
    reward_std: float = 0.0
    """Standard deviation of the rewards of the rollouts that count; 0 if there are none."""

    @property
    def has_signal(self) -> bool:
        """Whether both right and wrong rollouts are in it."""
        return 0 < self.num_correct < self.num_rollouts

    @classmethod
    def of(cls, scored: ScoredGroup, num_self_checked: int = 0) -> "GroupSummary":
        """The numbers of `scored`; that of rollouts which checked themselves is told by `actors.rewards`."""
        rollouts, task = scored.group.rollouts, scored.group.task
        count = max(len(rollouts), 1)
        return cls(
            group_id=scored.group.group_id,
            task_id=task.task_id,
            family=task.family,
            num_rollouts=len(rollouts),
            num_correct=sum(s.is_correct for s in scored.scores),
            num_infrastructure=scored.num_infrastructure,
            mean_reward=sum(s.reward for s in scored.scores) / count,
            num_generated_tokens=sum(r.num_generated_tokens for r in rollouts),
            num_executions=sum(len(r.executions) for r in rollouts),
            num_turns=sum(r.num_turns for r in rollouts),
            num_with_code=sum(bool(r.executions) for r in rollouts),
            num_self_checked=num_self_checked,
            end_reasons=dict(Counter(r.end_reason.value for r in rollouts)),
            terminations=dict(Counter(e.termination for r in rollouts for e in r.executions)),
            oldest_version=min((r.oldest_version for r in rollouts), default=-1),
            execution_spans=tuple(
                (e.started_at, e.started_at + e.queue_s + e.duration_s)
                for r in rollouts
                for e in r.executions
            ),
            generate_s=sum(r.generate_s for r in rollouts),
            execute_s=sum(r.execute_s for r in rollouts),
            queue_s=sum(e.queue_s for r in rollouts for e in r.executions),
            reward_std=pstdev(s.reward for s in scored.scores) if scored.scores else 0.0,
        )


class SftRollout(Frozen):
    """One supervised trace as segments; `logprobs` and `versions` of its segments are empty."""

    trace_id: str
    """Unique in a run."""
    segments: tuple[Segment, ...]
    """Prompt, model, environment, model, ... in order."""


class StepReport(Frozen):
    """What one optimiser step did, averaged over ranks."""

    version: int
    """The policy version after the step; the one before it where the step was refused."""
    metrics: dict[str, float]
    """loss, grad_norm, entropy, clip_fraction, mismatch_mean, num_tokens, step_s, ...; finite numbers only."""
    num_refused: int = 0
    """Rollouts left out since a number of theirs was not finite or impossible; all of them in a refused step."""
    refusal: str | None = None
    """Why the whole step was refused and changed nothing, with the numbers; null where it was taken."""


class TensorSpec(Frozen):
    """Where one parameter lies in the published buckets."""

    name: str
    """Checkpoint (Hugging Face) name."""
    dtype: str
    """Torch dtype name, for example `float32`."""
    shape: tuple[int, ...]
    """Sizes of the parameter's dimensions."""
    bucket: int
    """Number of the bucket that holds it."""
    offset: int
    """First byte in the bucket."""
    num_bytes: int
    """Bytes that it takes there."""


class WeightManifest(Frozen):
    """One published policy version: how to read its buckets, and how to know they are whole."""

    version: int
    """Policy version that these weights are."""
    tensors: tuple[TensorSpec, ...]
    """Every parameter, in the order in which it lies in the buckets."""
    checksums: tuple[str, ...]
    """Checksum of each bucket, in order; none of a model that is read from its folder."""


class PolicyVersion(Frozen):
    """A policy version that the engines now serve."""

    version: int
    """Number of the version, one more with each update."""
    publish_s: float
    """Gathering and writing the buckets."""
    load_s: float
    """Pulling, verifying and loading them, slowest worker."""
