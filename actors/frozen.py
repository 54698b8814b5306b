"""The one base of everything that is a value: settings, and records that cross a process boundary."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that never changes: unknown fields are refused, arrays are carried as they are, docstrings are the help.

    Example: `class Step(Frozen): ...`; a changed copy is `step.model_copy(update={"field": value})`.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, use_attribute_docstrings=True
    )


class Settings(Frozen):
    """Settings of one part of a run, as a config file has them: its numbers are finite."""

    model_config = ConfigDict(allow_inf_nan=False)
