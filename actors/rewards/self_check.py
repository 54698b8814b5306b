"""Whether a rollout checked itself, by a written rule; the paper has GPT-4o judge it. Pure.

**Candidate**: a value that stands as an answer before a script runs. It is the value of the final answer, once an
earlier script that ended well printed it (as all of its output or as its last line, a label with a colon or an equals
sign before it left out) or an earlier turn stated it (`is 42`, `= 42`, `: 42`); or any value that an earlier turn, or
the words before the script in the same one, marked as an answer (`<<<42>>>`).

**Test**: a later script that holds the candidate's value and asks something of it (`script_tests.has_test_of`), and
that reached a verdict: it ended well, or by a failed assertion. A second script that finds the same value again without
holding it is no test, nor is one that only prints the value in another form.
"""

import re

from actors.episodes.scripts import RESULTS_HEADER, complete_script, words_only
from actors.records import Execution, Rollout
from actors.rewards.rules import given_answer
from actors.rewards.script_tests import Canonical, canonical, has_test_of
from curriculum.tasks.answers import extract_answer

_LABEL = re.compile(r"[^:=]*[:=]\s*")
_STATED = r"(?:\bis|\bare|\bbe|=|:)[\s*`\"'$]*{value}(?!\w)"


def checks_itself(rollout: Rollout) -> bool:
    """Whether a script of the rollout tests a candidate that was there before it (see the module).

    A script that stands in a turn is the execution with the same code; any other was written beside the conversation
    (the guided agent's tests) and comes between the turns around it.
    """
    reading = _Reading(given_answer(rollout))
    waiting = list(rollout.executions)
    for text in rollout.turn_texts:
        number = _place(waiting, complete_script(text))
        if number is not None and any(reading.is_test(execution) for execution in waiting[:number]):
            return True
        reading.hears_mark(text)
        if number is not None:
            if reading.is_test(waiting[number]):
                return True
            del waiting[: number + 1]
        reading.hears_words(text)
    return any(reading.is_test(execution) for execution in waiting)


class _Reading:
    """The candidates that are known so far in one rollout, as distinct values."""

    def __init__(self, final: str | None) -> None:
        self._final = final
        self._known: dict[Canonical, str] = {}

    def hears_mark(self, turn: str) -> None:
        """A turn may mark an answer."""
        self._add(extract_answer(turn))

    def hears_words(self, turn: str) -> None:
        """A turn may state the final answer."""
        if self._final is not None and _states(words_only(turn), self._final):
            self._add(self._final)

    def is_test(self, execution: Execution) -> bool:
        """Whether a script tests what is known; if not, what it printed may become known."""
        if _has_verdict(execution) and any(has_test_of(execution.code, v) for v in self._known.values()):
            return True
        if self._final is not None and _prints(execution, self._final):
            self._add(self._final)
        return False

    def _add(self, value: str | None) -> None:
        if value is not None:
            self._known.setdefault(canonical(value), value)


def _place(executions: list[Execution], script: str | None) -> int | None:
    """Which of the executions ran a turn's script."""
    if script is None:
        return None
    return next((n for n, one in enumerate(executions) if one.code.strip() == script.strip()), None)


def _has_verdict(execution: Execution) -> bool:
    return execution.termination == "ok" or (
        execution.termination == "error" and "AssertionError" in execution.output
    )


def _prints(execution: Execution, value: str) -> bool:
    output = execution.output.removeprefix(RESULTS_HEADER).strip()
    if execution.termination != "ok" or not output:
        return False
    last = output.splitlines()[-1]
    label = _LABEL.match(last)
    printed = (output, last, last[label.end() :] if label else last)
    return any(canonical(text) == canonical(value) for text in printed)


def _states(words: str, value: str) -> bool:
    pattern = _STATED.format(value=r"\s+".join(map(re.escape, value.split())))
    return re.search(pattern, words, re.IGNORECASE) is not None
