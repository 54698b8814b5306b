"""Runs the scripts of solvers: one interpreter for all of them, since a process per script would take minutes."""

import json
import re
import subprocess
import sys

_FENCE = re.compile(r"^```python\n(.*?)^```\Z", re.DOTALL | re.MULTILINE)
_RUNNER = """
import contextlib, io, json, signal, sys
def out_of_time(*_):
    raise TimeoutError
signal.signal(signal.SIGALRM, out_of_time)
limit_s, scripts = json.load(sys.stdin)
results = []
for script in scripts:
    out, error = io.StringIO(), ""
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(script, "<script>", "exec"), {"__name__": "__main__"})
        except BaseException as caught:
            error = type(caught).__name__
    signal.setitimer(signal.ITIMER_REAL, 0)
    results.append((out.getvalue(), error))
json.dump(results, sys.stdout)
"""


def run_scripts(scripts: list[str], limit_s: float = 20.0) -> list[tuple[str, str]]:
    """What each script printed, and the name of the exception it ended with, if any."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", _RUNNER],
        input=json.dumps([limit_s, scripts]),
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    return [(output, error) for output, error in json.loads(done.stdout)]


def script_of(turn: str) -> str:
    """The script in a turn."""
    match = _FENCE.search(turn)
    assert match, turn
    return match.group(1)
