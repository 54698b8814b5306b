"""How long each call may take, by the config's own limits. Pure; every number is seconds."""

from dataclasses import dataclass

from driver.config import RunConfig


@dataclass(frozen=True)
class Deadlines:
    """Longest waits for the actors of a run: `Deadlines.of(config).group_s`."""

    start_s: float
    """An actor's start, the wait for its node included."""
    load_s: float
    """A policy's way into a rollout worker."""
    group_s: float
    """A group on a rollout worker: all its tokens at `recovery.token_s`, all its scripts at their limit."""
    check_s: float
    """The check of one answer."""
    call_s: float
    """A short call, and what a longer one may take beside its work."""

    @classmethod
    def of(cls, config: RunConfig) -> "Deadlines":
        """The deadlines of a run."""
        rollout, recovery = config.rollout, config.recovery
        return cls(
            start_s=recovery.start_s,
            load_s=recovery.load_s,
            group_s=rollout.max_rollout_tokens * recovery.token_s
            + rollout.max_executions * rollout.execution_timeout_s
            + recovery.script_wait_s,
            check_s=config.reward.check_timeout_s,
            call_s=recovery.call_s,
        )
