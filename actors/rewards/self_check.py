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
from actors.rewards.script_tests import canonical, has_test_of
from curriculum.tasks.answers import extract_answer

_LABEL = re.compile(r"[^:=]*[:=]\s*")
_STATED = r"(?:\bis|\bare|\bbe|=|:)[\s*`\"'$]*{value}(?!\w)"


def checks_itself(rollout: Rollout) -> bool:
    """Whether a script of the rollout tests a candidate that was there before it (see the module).

    Scripts and turns belong together by their order: execution i is that of the i-th turn with a complete script.
    """
    final = given_answer(rollout)
    known: list[str] = []
    executions = iter(rollout.executions)
    for text in rollout.turn_texts:
        marked = extract_answer(text)
        if marked is not None:
            known.append(marked)
        execution = next(executions, None) if complete_script(text) is not None else None
        if execution is not None:
            if _has_verdict(execution) and any(has_test_of(execution.code, value) for value in known):
                return True
            if final is not None and _prints(execution, final):
                known.append(final)
        if final is not None and _states(words_only(text), final):
            known.append(final)
    return False


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
