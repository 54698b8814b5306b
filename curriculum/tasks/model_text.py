"""Reads what a model wrote in one turn: its scripts, and the words around them. The only reader in the project.

What counts as a script is told in docs/protocol.md. Two invariants: nothing is both script and words, and what follows
an opening fence is script even where the closing one is missing, so a turn that was cut inside a script says nothing.
"""

import re
from dataclasses import dataclass

_TAG = r"(?:python|py)(?:[ -]?3(?:\.\d+)*)?[.:]?"
_MARKERS = r"[ \t]*(?:(?:>|[-*+]|\d+[.)])[ \t]*)*"
_FENCE = r"(?P<fence>`{3,}|~{3,})[ \t]*"
# A fence that begins its line, but for markers of lists and quotes, may have more after the language, as in Markdown;
# one with words before it must end with the language, else it is a remark about fences.
_OPENING = re.compile(
    rf"(?P<before>{_MARKERS}){_FENCE}(?:{_TAG}(?:[ \t{{:][^`]*)?|\{{[ \t]*\.?{_TAG}(?:[ \t,][^`]*)?\}}[ \t]*)\Z"
    rf"|(?P<words>(?:(?!```|~~~).)*){_FENCE.replace('fence', 'late_fence')}{_TAG}[ \t]*\Z",
    re.IGNORECASE,
)
_INLINE = re.compile(rf"(?<!`)(`{{3,}})[ \t]*{_TAG}[ \t][^`]*\1", re.IGNORECASE)
_QUOTE = re.compile(r"[ \t]*(?:>[ \t]?)+")
_CODE = re.compile(r"([ \t]*)[^ \t#]")

STOP_TEXTS = tuple(
    f"{fence}{blank}{end}"
    for end in ("\n", "\r\n")
    for blank in ("", " ", "  ", "\t")
    for fence in ("```", "~~~")
)
"""Every closing fence ends in one of these, however long and however deep it stands. So do blocks of other languages:
a turn that has no complete script then goes on."""


@dataclass(frozen=True)
class TurnText:
    """A turn, taken apart.

    Example: `TurnText(scripts=("print(1)",), words="So I compute.")`.
    """

    scripts: tuple[str, ...]
    """Complete ones, in order, without their fences, with line feeds, as far left as Python asks."""
    words: str
    """Everything else, but for what follows an opening fence that nothing closes, and for code fenced within a line."""


def read_turn(text: str) -> TurnText:
    """Take a model's turn apart; one at a time, since a script that is cut off ends with its turn."""
    scripts: list[str] = []
    words: list[str] = []
    body: list[str] | None = None
    fence, is_quoted = "", False
    for line in text.split("\n"):
        if body is None:
            opening = _OPENING.match(line.removesuffix("\r"))
            if opening is None:
                # Not nothing, or what is left could read as a fence.
                words.append(_INLINE.sub("`...`", line))
                continue
            before = opening["before"] or opening["words"] or ""
            words.append(before)
            fence, body = opening["fence"] or opening["late_fence"], []
            is_quoted = _QUOTE.fullmatch(before) is not None
            continue
        inside = line.removesuffix("\r")
        if is_quoted and (quote := _QUOTE.match(inside)):
            inside = inside[quote.end() :]
        if _closes(inside.strip(" \t"), fence):
            scripts.append("".join(f"{written}\n" for written in _without_margin(body)))
            body = None
        else:
            body.append(inside)
    return TurnText(tuple(scripts), "\n".join(words))


def complete_script(turn_text: str) -> str | None:
    """The first complete script of a turn, without its fences; None if there is none."""
    scripts = read_turn(turn_text).scripts
    return scripts[0] if scripts else None


def words_only(turn_text: str) -> str:
    """A turn without its scripts: an answer printed by a script is not an answer given."""
    return read_turn(turn_text).words


def _closes(line: str, fence: str) -> bool:
    return len(line) >= len(fence) and set(line) == {fence[0]}


def _without_margin(lines: list[str]) -> list[str]:
    """The lines moved left by as much as the first line of code is indented: no Python script begins indented.

    A line that has less of that white space loses what it has, so that text inside quotes may stand further left.
    """
    indents = [found[1] for line in lines if (found := _CODE.match(line))]
    indents += [line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip(" \t")]
    margin = indents[0] if indents else ""
    return [line[len(margin) :] if line.startswith(margin) else line.lstrip(" \t") for line in lines]
