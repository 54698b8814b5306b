"""The one base of everything in this folder that is a value: records, and settings."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that never changes: unknown fields are refused, and the sentence under a field is its help.

    Example: `class Step(Frozen): ...`; a changed copy is `step.model_copy(update={"field": value})`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Settings(Frozen):
    """Settings, as a config file has them: their numbers are finite."""

    model_config = ConfigDict(allow_inf_nan=False)
