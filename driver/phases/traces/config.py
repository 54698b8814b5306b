"""Settings of the traces for SFT. Importing this loads pydantic and nothing heavier."""

from pydantic import Field, model_validator

from actors.frozen import Settings


class SynthesisConfig(Settings):
    """Traces for SFT, really executed: written by scripted solvers, by a teacher, or given in a file."""

    file: str | None = None
    """JSON lines of executed traces of one's own (`trace_id`, `question`, `turns`, or chats as `messages`), in place of
    the solvers'."""
    teacher: str | None = Field(default=None, min_length=1)
    """Name of a model at `endpoint` that writes the traces in place of the solvers; only right ones are kept."""
    teacher_attempts: int = Field(default=4, ge=1)
    """How often the teacher tries a task at most, each time with another wording of the instructions."""
    teacher_temperature: float = Field(default=1.0, ge=0)
    """Sampling temperature of the teacher."""
    max_per_family: int = Field(default=70, ge=1)
    """Most traces of one family; its further tasks are not tried."""
    max_traces: int = Field(default=6500, ge=1)
    """Most traces of all families together, shared out evenly."""
    error_fraction: float = Field(default=0.15, ge=0, le=1)
    """Share of traces that begin with a mistaken script, its real error, and the mended one."""
    explore_fraction: float = Field(default=0.2, ge=0, le=1)
    """Share of traces that print what the question gives before they compute, where the family's solver can."""
    slow_fraction: float = Field(default=0.03, ge=0, le=1)
    """Share of traces that begin with a search that runs out of time (each costs `rollout.execution_timeout_s`), and
    go on with a better algorithm, where the family's solver can."""
    check_fraction: float = Field(default=0.4, ge=0, le=1)
    """Share of traces that test the answer by a second script before giving it, where the family's solver can."""
    seed: int = 0
    """Seed of the draws: which trace has a slip, a look at the data, a slow search or a check."""

    @model_validator(mode="after")
    def _has_one_source(self) -> "SynthesisConfig":
        if self.teacher is not None and self.file is not None:
            raise ValueError(
                f"teacher={self.teacher} and file={self.file} are two sources of traces: set one"
            )
        return self
