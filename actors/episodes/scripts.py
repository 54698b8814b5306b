"""The script of a turn, by the one reader of model text, and what it printed in words for the model."""

from curriculum.tasks.model_text import STOP_TEXTS, complete_script, words_only
from sandbox_service import ExecutionResult, Termination
from sandbox_service.output import CUT_MARK

__all__ = [
    "STOP_TEXTS",
    "clipped_middle",
    "complete_script",
    "cut_after_script",
    "observation_text",
    "words_only",
]

RESULTS_HEADER = "Code Execution Results:"


def cut_after_script(text: str) -> str:
    """`text` up to the line that closes its first complete script; all of it if it has none.

    For models that no text stops: what they write after a script was written before it was run.
    """
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        if ("```" in line or "~~~" in line) and complete_script("".join(lines[:number])) is not None:
            return "".join(lines[:number])
    return text


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
    """`text` with its middle replaced by a mark when it is longer than `max_chars`.

    What the sandbox has cut out of that middle before counts as well, a byte as a character; its mark does not.
    """
    if len(text) <= max_chars:
        return text
    start, end = max_chars * 2 // 3, len(text) - max_chars // 3
    earlier = [cut for cut in CUT_MARK.finditer(text) if cut.start() < end and cut.end() > start]
    # No half of a mark is left standing.
    start = min([start, *(cut.start() for cut in earlier)])
    end = max([end, *(cut.end() for cut in earlier)])
    num_cut = end - start + sum(int(cut[1]) - len(cut[0]) for cut in earlier)
    return f"{text[:start]}\n[... {num_cut} characters cut ...]\n{text[end:]}"
