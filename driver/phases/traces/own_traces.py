"""Traces of one's own for SFT, from a file of JSON lines: every line is read in full, or refused with its number.

A trace must be a conversation as rollouts hold them: a script in every turn but the last, an answer in the last, and no
longer than the limit. Anything else would teach what no rollout can use.
"""

import json
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from actors.episodes.config import RolloutConfig
from actors.episodes.scripts import complete_script
from actors.episodes.transcript import Transcriber
from curriculum.tasks.answers import extract_answer
from driver.errors import RunAbortedError
from driver.outputs.trace_file import Trace, Turns
from driver.phases.traces.limits import why_too_long

_SHOWN_FAULTS = 3
_ROLES = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("assistant", "gpt", "model"), "model"),
    **dict.fromkeys(("user", "human", "tool", "function", "observation", "ipython", "environment"), "other"),
}
"""Who speaks, by the names that chats give them."""
_CHAT_KEYS = ("messages", "conversations")
_FORM = (
    "a line is trace_id, question and turns, a list of [model text, what the environment then said or null], or a "
    "chat: messages, a list of role and content"
)


def own_traces(
    file: Path, *, transcriber: Transcriber, limits: RolloutConfig, held_back: Mapping[str, str]
) -> list[Trace]:
    """The traces in `file`.

    Args:
        file: JSON lines, in this project's form or as chats.
        transcriber: lays them out, to count their tokens.
        limits: of a rollout.
        held_back: questions that must not be learned, and what they are, for messages.

    Raises:
        RunAbortedError: the file is missing or empty, or a line is refused: the first such lines are named.
    """
    try:
        lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise RunAbortedError(
            f"synthesis.file={file} cannot be read ({error}): set it to a file of JSON lines"
        ) from error
    traces: dict[str, Trace] = {}
    faults: list[str] = []
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    for number, line in numbered:
        try:
            trace = _read(line, number)
            if trace.trace_id in traces:
                raise ValueError(f"trace_id {trace.trace_id!r} stands on an earlier line too")
            _require_learnable(trace, transcriber, limits, held_back)
            traces[trace.trace_id] = trace
        except ValueError as error:
            faults.append(f"line {number}: {error}")
    if faults:
        shown = "; ".join(faults[:_SHOWN_FAULTS])
        raise RunAbortedError(
            f"synthesis.file={file}: {len(faults)} of {len(numbered)} lines are refused. {shown}. Mend or remove them"
        )
    if not traces:
        raise RunAbortedError(f"synthesis.file={file} holds no trace: {_FORM}")
    return list(traces.values())


def _read(line: bytes, number: int) -> Trace:
    """One line. Raises ValueError with the reason for which it is refused."""
    try:
        row = json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 ({error.reason} at byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON ({error})") from error
    if not isinstance(row, dict):
        raise ValueError(f"a {type(row).__name__}, not an object: {_FORM}")
    chats = [key for key in _CHAT_KEYS if key in row]
    known = {"trace_id", "question", *(chats[:1] or ["turns"])}
    if unknown := sorted(row.keys() - known):
        raise ValueError(f"unknown keys {reprlib.repr(unknown)}: {_FORM}")
    held = row.get(chats[0] if chats else "turns")
    if not isinstance(held, list) or not held:
        raise ValueError(f"no turns: {_FORM}")
    is_chat = bool(chats) or isinstance(held[0], dict)
    question, turns = (
        _from_chat(held, row.get("question")) if is_chat else (row.get("question"), _from_pairs(held))
    )
    name = _text("trace_id", row.get("trace_id", f"line-{number}" if is_chat else None))
    asked = _text("question", question)
    _require_characters([name, asked, *(text for turn in turns for text in turn if text is not None)])
    # A sampled turn is ended by the line feed after its closing fence, so a written one has it too.
    ended = [(text if shown is None or text.endswith("\n") else f"{text}\n", shown) for text, shown in turns]
    return Trace(trace_id=name, question=asked, turns=tuple(ended))


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is {reprlib.repr(value)}, not a text")
    return value


def _from_pairs(held: Sequence[Any]) -> Turns:
    turns = []
    for place, turn in enumerate(held, start=1):
        if not isinstance(turn, list) or len(turn) != 2:
            raise ValueError(
                f"turn {place} is {reprlib.repr(turn)}, not [model text, what the environment then said or null]"
            )
        text, shown = turn
        if not isinstance(text, str) or not isinstance(shown, str | None):
            raise ValueError(
                f"turn {place} holds a {type(text).__name__} and a {type(shown).__name__}, not texts"
            )
        if (shown is None) != (place == len(held)):
            expected = (
                "must be shown null, since it is the last"
                if shown is not None
                else "is shown null, yet is not the last"
            )
            raise ValueError(f"turn {place} of {len(held)} {expected}")
        turns.append((text, shown))
    return tuple(turns)


def _from_chat(messages: Sequence[Any], question: object) -> tuple[object, Turns]:
    """The question and the turns of a chat; a system message is left out: the run's instructions take its place."""
    said = [_message(message, place) for place, message in enumerate(messages, start=1)]
    if said[0][0] == "system":
        del said[0]
    if said and said[0][0] == "other" and question in (None, said[0][1]):
        question = said.pop(0)[1]
    kinds = [kind for kind, _ in said]
    if not kinds or kinds != ["model", "other"] * (len(kinds) // 2) + ["model"]:
        order = ", ".join(kinds) or "nothing"
        raise ValueError(
            "a chat is a question, then in turn what the model and what the environment says, the model last; beside "
            f"the question this one is: {order}"
        )
    texts = [text for _, text in said]
    return question, tuple(zip(texts[::2], [*texts[1::2], None], strict=True))


def _message(message: object, place: int) -> tuple[str, str]:
    """Who speaks (`system`, `model`, `other`), and what."""
    given = (
        {key: value for key, value in message.items() if value is not None}
        if isinstance(message, dict)
        else {}
    )
    names = ("from", "value") if "from" in given else ("role", "content")
    if given.keys() != set(names) or not all(isinstance(value, str) for value in given.values()):
        raise ValueError(f"message {place} is {reprlib.repr(message)}, not a role and a content, both texts")
    role, text = given[names[0]], given[names[1]]
    if role.lower() not in _ROLES:
        raise ValueError(f"message {place} has the role {role!r}: {', '.join(sorted(_ROLES))} are known")
    return _ROLES[role.lower()], text


def _require_characters(texts: Sequence[str]) -> None:
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"a lone surrogate, {text[error.start]!r}, which is no character") from error


def _require_learnable(
    trace: Trace, transcriber: Transcriber, limits: RolloutConfig, held_back: Mapping[str, str]
) -> None:
    """Raises ValueError where no rollout of this run could be such a conversation."""
    if trace.question in held_back:
        raise ValueError(f"its question is {held_back[trace.question]}, which must not be learned")
    *before, (last, _) = trace.turns
    for place, (text, _) in enumerate(before, start=1):
        if complete_script(text) is None:
            raise ValueError(
                f"turn {place} has no complete script (docs/protocol.md), so nothing is shown after it"
            )
    if extract_answer(last) is None:
        raise ValueError("its last turn gives no answer between <<< and >>>")
    written = transcriber.written_rollout(trace.trace_id, trace.question, trace.turns)
    if (too_long := why_too_long(written, limits)) is not None:
        raise ValueError(too_long)
