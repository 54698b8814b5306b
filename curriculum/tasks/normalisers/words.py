"""Words and plain text."""

from curriculum.tasks.normalisers.sequences import items
from curriculum.tasks.normalisers.wrapping import unwrapped


def plain_text(text: str) -> str | None:
    """Text with runs of white space as one space, without what surrounds it; None if nothing is left."""
    return " ".join(unwrapped(text).split()) or None


def words(text: str) -> list[str] | None:
    """Words in order, separated by spaces or commas, in brackets or not; lower case."""
    parts = items(text)
    return [part.casefold() for part in parts] if parts else None
