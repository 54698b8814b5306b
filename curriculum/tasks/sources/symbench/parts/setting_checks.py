"""Checks of the settings that a family's `generate` takes; the message names the setting and its range."""

from collections.abc import Collection


def require_between(setting: str, value: int, low: int, high: int) -> None:
    """Refuses a number outside `low..high`.

    Raises:
        ValueError: If it is outside.
    """
    if not low <= value <= high:
        raise ValueError(f"{setting} is {value}: it must be {low} to {high}")


def require_one_of(setting: str, value: str, known: Collection[str]) -> None:
    """Refuses a word that is not one of the known ones.

    Raises:
        ValueError: If it is unknown.
    """
    if value not in known:
        raise ValueError(f"{setting} is {value!r}: it must be one of {', '.join(known)}")
