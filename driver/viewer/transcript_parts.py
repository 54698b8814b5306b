"""Tells apart, in a stored transcript, the model's words, its scripts that were run, and what it was shown of them.

A transcript is the turns of the model with the outputs between them, word for word. Outputs are looked for in their
order, each after its script, so that words of the model that look like an output stay the model's.
"""

import re
from collections.abc import Sequence

from driver.viewer.records import Kind, Part

_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})[^\n]*(?:\n|$)")


def transcript_parts(
    transcript: str, code: Sequence[str], output: Sequence[str], termination: Sequence[str]
) -> list[Part]:
    """The pieces of a transcript; their texts joined are the transcript again.

    Args:
        transcript: all turns after the prompt.
        code: each script that was run, in order.
        output: what was shown of each script.
        termination: how each script ended.
    """
    parts: list[Part] = []
    done = 0

    def take(kind: Kind, first: int, beyond: int, number: int, ending: str | None = None) -> None:
        nonlocal done
        parts.append(Part(kind="model", text=transcript[done:first]))
        parts.append(Part(kind=kind, text=transcript[first:beyond], number=number, termination=ending))
        done = beyond

    for number, (script, shown, ending) in enumerate(zip(code, output, termination, strict=True), 1):
        at = transcript.find(script, done) if script else -1
        if at >= 0:
            take("script", *_with_fences(transcript, done, at, at + len(script)), number)
        at = transcript.find(shown, done) if shown else -1
        if at >= 0:
            take("output", at, at + len(shown), number, ending)
    parts.append(Part(kind="model", text=transcript[done:]))
    return [part for part in parts if part.text]


def _with_fences(text: str, done: int, first: int, beyond: int) -> tuple[int, int]:
    """A script's place with the lines that fence it in, as far as they are there and not before `done`."""
    line = text.rfind("\n", done, max(first - 1, done)) + 1
    before = max(line, done)
    if _FENCE.match(text, before, first):
        first = before
    closing = _FENCE.match(text, beyond)
    return first, closing.end() if closing else beyond
