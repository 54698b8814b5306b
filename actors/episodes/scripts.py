"""Finds the script in what the model wrote, and puts what it printed into words for the model."""

import re

from sandbox_service import ExecutionResult, Termination

RESULTS_HEADER = "Code Execution Results:"
STOP_TEXTS = ("\n```\n",)
"""Ends a turn once a block is closed. A block of another language stops it too; then `Episode` lets the turn go on."""

_SCRIPT = re.compile(r"^[ \t]*```python[ \t]*\n(.*?)^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)


def complete_script(turn_text: str) -> str | None:
    """The first complete ```` ```python ```` block of a turn, without its fences; None if there is none."""
    match = _SCRIPT.search(turn_text)
    return match.group(1) if match else None


def words_only(model_text: str) -> str:
    """The model's text without its scripts: an answer printed by a script is not an answer given."""
    return _SCRIPT.sub("", model_text)


def observation_text(result: ExecutionResult, max_chars: int) -> str:
    """What the model is shown after a script: its output, then how it ended if not well.

    Args:
        result: any outcome but `infrastructure`.
        max_chars: limit; the middle is cut out and the cut is marked.

    Raises:
        ValueError: for an `infrastructure` outcome, which is never shown to the model.
    """
    if result.termination is Termination.INFRASTRUCTURE:
        raise ValueError(
            f"execution {result.execution_id} failed on our side and must not be shown to the model"
        )
    parts = [result.stdout.rstrip(), result.stderr.rstrip()]
    notes = {
        Termination.TIMEOUT: f"TimeoutExpired: the script was stopped after {result.duration_s:.0f} seconds",
        Termination.MEMORY: "MemoryError: the script needed more memory than it may use",
        Termination.OUTPUT_LIMIT: "OutputLimit: the script printed too much and was stopped",
        Termination.KILLED: f"Killed: {result.message or 'the script was ended by a signal'}",
    }
    parts.append(notes.get(result.termination, ""))
    text = "\n".join(part for part in parts if part)
    return f"{RESULTS_HEADER}\n{clipped_middle(text or '(the script printed nothing)', max_chars)}"


def clipped_middle(text: str, max_chars: int) -> str:
    """`text` with its middle replaced by a mark when it is longer than `max_chars`."""
    if len(text) <= max_chars:
        return text
    head, tail = max_chars * 2 // 3, max_chars // 3
    return f"{text[:head]}\n[... {len(text) - head - tail} characters cut ...]\n{text[len(text) - tail :]}"
