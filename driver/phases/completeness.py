"""Whether a phase that asks many questions has an answer on the disk to each of them."""

from collections.abc import Hashable, Iterable

from driver.errors import RunAbortedError


def refuse_missing(
    phase: str, asked: Iterable[Hashable], written: Iterable[Hashable], lost: Iterable[Hashable]
) -> None:
    """Refuse to end a phase while a question it asked is neither answered nor known to be lost.

    Args:
        phase: its name, for the message.
        asked: what names each question.
        written: those whose answers were read back from the disk.
        lost: those that lost every rollout to faults on our side.

    Raises:
        RunAbortedError: some are in neither; what is written stays, so that the run started again asks only these.
    """
    asked, written, lost = set(asked), set(written), set(lost)
    missing = asked - written - lost
    if missing:
        first = min(map(str, missing))
        raise RunAbortedError(
            f"{phase} asked {len(asked)} questions, {len(asked & written)} answers are written and "
            f"{len(asked & lost - written)} were lost to faults on our side: {len(missing)} are missing "
            f"(first: {first}). The answers that are there are kept: the same command asks only the missing ones"
        )
