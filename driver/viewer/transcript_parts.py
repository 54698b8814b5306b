"""Tells apart, in a stored transcript, the model's words, its scripts that were run, and what it was shown of them.

Where a row says who wrote which stretch (`segment_source`, `segment_chars`), that decides. Rows of an older version do
not: in them outputs are looked for in their order, each after its script, so that words of the model that look like an
output stay the model's.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from driver.viewer.records import Kind, Part

_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})[^\n]*(?:\n|$)")


@dataclass(frozen=True)
class Scripts:
    """The scripts of one rollout, in order: `Scripts(code=["print(6)"], output=["6"], termination=["ok"])`."""

    code: Sequence[str]
    output: Sequence[str]
    """What was shown of each."""
    termination: Sequence[str]
    """How each of them ended."""


@dataclass(frozen=True)
class Segment:
    """A stretch of a transcript by one writer: `Segment(is_model=True, text="It is <<<6>>>")`."""

    is_model: bool
    """Whether the model wrote it, and not the environment."""
    text: str
    """All of the stretch, as it stands."""


def segments_of(transcript: str, sources: Sequence[str], chars: Sequence[int]) -> list[Segment]:
    """The stretches of a transcript.

    Args:
        transcript: all turns after the prompt.
        sources: who wrote each stretch.
        chars: how many characters each has.

    Raises:
        ValueError: they are not those of this transcript.
    """
    if sum(chars) != len(transcript):
        raise ValueError(f"segments of {sum(chars)} characters, but the transcript has {len(transcript)}")
    segments, done = [], 0
    for source, size in zip(sources, chars, strict=True):
        segments.append(Segment(source == "model", transcript[done : done + size]))
        done += size
    return segments


def guessed_segments(transcript: str, scripts: Scripts) -> list[Segment]:
    """The stretches of a transcript of which only the outputs are known."""
    segments, done = [], 0
    for script, shown in zip(scripts.code, scripts.output, strict=True):
        after = transcript.find(script, done) if script else -1
        at = transcript.find(shown, after + len(script) if after >= 0 else done) if shown else -1
        if at >= 0:
            segments += [Segment(True, transcript[done:at]), Segment(False, shown)]
            done = at + len(shown)
    return [*segments, Segment(True, transcript[done:])]


def transcript_parts(segments: Sequence[Segment], scripts: Scripts) -> list[list[Part]]:
    """The pieces of each stretch, those without a character left out; their texts joined are the transcript again.

    Args:
        segments: the stretches, in order.
        scripts: every script that was run; those that ran beside the conversation are in no stretch.
    """
    parts: list[list[Part]] = []
    following = 0
    for segment in segments:
        if segment.is_model:
            number = next(
                (n for n in range(following, len(scripts.code)) if _holds(segment, scripts.code[n])), None
            )
            found = _model_parts(segment.text, None if number is None else scripts.code[number], number)
            following = following if number is None else number
        else:
            found = list(_shown_parts(segment.text, scripts, following))
            following += any(part.kind == "output" for part in found)
        parts.append([part for part in found if part.text])
    return parts


def _holds(segment: Segment, script: str) -> bool:
    return bool(script) and script in segment.text


def _model_parts(text: str, script: str | None, number: int | None) -> list[Part]:
    if script is None or number is None:
        return [Part(kind="model", text=text)]
    at = text.find(script)
    first, beyond = _with_fences(text, at, at + len(script))
    return [
        Part(kind="model", text=text[:first]),
        Part(kind="script", text=text[first:beyond], number=number + 1),
        Part(kind="model", text=text[beyond:]),
    ]


def _shown_parts(text: str, scripts: Scripts, following: int) -> Iterator[Part]:
    """What was shown of the script that comes next, if it is that, and other words."""
    shown = scripts.output[following] if following < len(scripts.output) else ""
    if shown and text.startswith(shown):
        kind: Kind = "output"
        yield Part(kind=kind, text=shown, number=following + 1, termination=scripts.termination[following])
        text = text[len(shown) :]
    yield Part(kind="environment", text=text)


def _with_fences(text: str, first: int, beyond: int) -> tuple[int, int]:
    """A script's place with the lines that fence it in, as far as they are there."""
    line = text.rfind("\n", 0, max(first - 1, 0)) + 1
    opening = _FENCE.fullmatch(text, line, first)
    closing = _FENCE.match(text, beyond)
    return line if opening else first, closing.end() if closing else beyond
