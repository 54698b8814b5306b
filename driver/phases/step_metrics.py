"""Gathers what finished groups say between two steps, and turns it into one row of numbers."""

from collections import Counter, defaultdict

from actors.records import GroupSummary
from driver.phases.overlap import Span, intersection, length


class StepMetrics:
    """Numbers since the last step."""

    def __init__(self) -> None:
        self._summaries: list[GroupSummary] = []
        self._rollout_spans: list[Span] = []
        self._running: dict[str, float] = {}
        self._learner_spans: list[Span] = []
        self._write_s = self._checkpoint_s = 0.0
        self._failures = Counter({"sandbox": 0, "rollout": 0})

    def wrote(self, seconds: float) -> None:
        """Rollouts were written to the disk."""
        self._write_s += seconds

    def checkpointed(self, seconds: float) -> None:
        """A checkpoint was written; it counts in the step in which the time passed, the one after its own."""
        self._checkpoint_s += seconds

    def group_started(self, group_id: str, now: float) -> None:
        """A group is being rolled out from now on. Times are unix seconds."""
        self._running[group_id] = now

    def group_rolled_out(self, group_id: str, now: float) -> None:
        """Its rollouts are finished."""
        self._rollout_spans.append((self._running.pop(group_id), now))

    def group_done(self, summary: GroupSummary) -> None:
        """A group was scored, kept or not."""
        self._summaries.append(summary)

    def learner_busy(self, started: float, finished: float) -> None:
        """The learner computed in this span."""
        self._learner_spans.append((started, finished))

    def taken(self, used: list[GroupSummary], version: int, since: float, now: float) -> dict[str, float]:
        """The row, for a step that learned from `used` and lasted from `since` to `now`; starts anew.

        Where `since` is the `now` of the row before, `step_s` of all rows add up to the time of the phase: writing
        and checkpoints are in it, and by themselves in `write_s` and `checkpoint_s`.

        `success_rate` is over every group that finished, kept or not: over the used ones alone it would be about
        one half whatever the policy can do.
        """
        done, self._summaries = self._summaries, []
        values = {**_outcomes(done), **_costs(done, now - since), **_staleness(used, version)}
        rollouts = sum(s.num_rollouts for s in used)
        # A step whose groups were all finished before it says nothing of the policy: no number beats a zero.
        if finished := _rollouts(done):
            values |= _per_rollout(done, finished)
            values["reward_mean"] = sum(s.mean_reward * s.num_rollouts for s in done) / finished
            values["success_rate"] = sum(s.num_correct for s in done) / finished
        if rollouts:
            values["success_rate_admitted"] = sum(s.num_correct for s in used) / rollouts
        self._failures["rollout"] += sum(s.num_infrastructure for s in done)
        self._failures["sandbox"] += sum(s.terminations.get("infrastructure", 0) for s in done)
        values |= {f"failures/{boundary}": float(count) for boundary, count in self._failures.items()}
        values["tokens_trained"] = float(sum(s.num_generated_tokens for s in used))
        learner, self._learner_spans = self._learner_spans, []
        spans = self._rollout_spans + [(start, now) for start in self._running.values()]
        together = intersection(learner, spans)
        values["overlap"] = _ratio(length(together), length(learner))
        values["learner_share"] = _ratio(length(learner), now - since)
        in_step = intersection([(since, now)], spans)
        values["rollout_share"] = _ratio(length(in_step), now - since)
        scripts = [span for summary in done for span in summary.execution_spans]
        values["sandbox_share"] = _ratio(length(intersection([(since, now)], scripts)), now - since)
        values["sandbox_overlap"] = _ratio(length(intersection(learner, scripts)), length(scripts))
        values["step_s"] = now - since
        values |= {"write_s": self._write_s, "checkpoint_s": self._checkpoint_s}
        self._write_s = self._checkpoint_s = 0.0
        self._rollout_spans = [span for span in self._rollout_spans if span[1] > now]
        return values


def _outcomes(done: list[GroupSummary]) -> dict[str, float]:
    correct: dict[str, int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    ends: Counter[str] = Counter()
    terminations: Counter[str] = Counter()
    for summary in done:
        correct[summary.family] += summary.num_correct
        total[summary.family] += summary.num_rollouts
        ends.update(summary.end_reasons)
        terminations.update(summary.terminations)
    values = {f"success_rate/{family}": _ratio(correct[family], total[family]) for family in total}
    values |= {f"end/{reason}": float(count) for reason, count in ends.items()}
    values |= {f"executions/{kind}": float(count) for kind, count in terminations.items()}
    values["executions"] = float(sum(terminations.values()))
    values["groups_no_signal"] = float(sum(not s.has_signal for s in done))
    values["groups_done"] = float(len(done))
    return values


def _costs(done: list[GroupSummary], seconds: float) -> dict[str, float]:
    tokens = sum(s.num_generated_tokens for s in done)
    executions = sum(s.num_executions for s in done)
    waited = sum(s.execute_s for s in done)
    generated = sum(s.generate_s for s in done)
    return {
        "tokens_generated": float(tokens),
        "tokens_per_s": _ratio(tokens, seconds),
        "rollouts_per_s": _ratio(_rollouts(done), seconds),
        "execute_s_mean": _ratio(waited, executions),
        "execute_queue_s_mean": _ratio(sum(s.queue_s for s in done), executions),
        # Share of a rollout's own time that it waits for the sandbox.
        "sandbox_wait_share": _ratio(waited, waited + generated),
    }


def _per_rollout(done: list[GroupSummary], finished: int) -> dict[str, float]:
    """What says something of the policy only if a rollout has finished, or if siblings have."""
    values = {
        "turns_mean": sum(s.num_turns for s in done) / finished,
        "executions_per_rollout": sum(s.num_executions for s in done) / finished,
        "code_share": sum(s.num_with_code for s in done) / finished,
        "self_check_share": sum(s.num_self_checked for s in done) / finished,
    }
    if siblings := [s for s in done if s.num_rollouts > 1]:
        values["reward_std"] = sum(s.reward_std for s in siblings) / len(siblings)
        values["signal_share"] = sum(s.has_signal for s in siblings) / len(siblings)
    return values


def _staleness(used: list[GroupSummary], version: int) -> dict[str, float]:
    # `version` is the policy after the step; the step itself learned as the one before it.
    behind = [max(0, version - 1 - s.oldest_version) for s in used if s.oldest_version >= 0]
    return {
        "staleness_mean": _ratio(sum(behind), len(behind)),
        "staleness_max": float(max(behind, default=0)),
    }


def _rollouts(summaries: list[GroupSummary]) -> int:
    return sum(s.num_rollouts for s in summaries)


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else 0.0
