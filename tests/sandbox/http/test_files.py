"""Files and input for a script, and files from it."""

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

RunCode = Callable[..., dict[str, Any]]


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def decoded(answer: dict[str, Any]) -> dict[str, bytes]:
    return {path: base64.b64decode(content) for path, content in answer["files"].items()}


def test_a_script_reads_the_files_that_come_with_it(run_code: RunCode) -> None:
    code = "import shapes\nprint(open('data/in.txt').read(), shapes.SIDES)"
    files = {"data/in.txt": encoded(b"hello"), "shapes.py": encoded(b"SIDES = 4"), "skipped": None}
    answer = run_code(code, files=files)
    assert answer["run_result"]["stdout"] == "hello 4\n"
    assert "skipped" not in run_code("import os; print(os.listdir())", files=files)["run_result"]["stdout"]


def test_files_may_be_longer_than_a_script_may(run_code: RunCode) -> None:
    code = "import os; print(os.path.getsize('big'))  # numpy"
    answer = run_code(code, files={"big": encoded(b"\0" * 6_000_000)})
    assert answer["run_result"]["stdout"] == "6000000\n"


def test_what_a_script_wrote_is_fetched_byte_for_byte(run_code: RunCode) -> None:
    content = bytes(range(256)) * 100
    code = "print('before'); open('out.bin', 'wb').write(bytes(range(256)) * 100)"
    answer = run_code(code, fetch_files=["out.bin"])
    assert decoded(answer) == {"out.bin": content}
    assert answer["run_result"]["stdout"] == "before\n"
    assert answer["x"]["stdout_bytes"] == len("before\n")
    assert answer["x"]["unfetched"] == {}


def test_a_file_is_fetched_although_the_output_is_cut(run_code: RunCode) -> None:
    code = "open('a', 'w').write('kept' * 100_000)\nfor n in range(100_000): print(n)"
    answer = run_code(code, fetch_files=["a"])
    assert decoded(answer) == {"a": b"kept" * 100_000}
    stdout = answer["run_result"]["stdout"]
    assert stdout.startswith("0\n1\n")
    assert stdout.endswith("\n99998\n99999\n")
    assert "bytes cut" in stdout
    assert len(stdout) < 66_000
    assert answer["x"]["stdout_truncated"]
    assert answer["x"]["stdout_bytes"] == len("".join(f"{n}\n" for n in range(100_000)))


@pytest.mark.parametrize("ending", ["1 / 0", "import sys; sys.exit(4)", "quit()"])
def test_files_are_fetched_however_a_script_ends(run_code: RunCode, ending: str) -> None:
    answer = run_code(f"import os; open('a', 'w').write('x'); os.chdir('/')\n{ending}", fetch_files=["a"])
    assert decoded(answer) == {"a": b"x"}


def test_what_threads_and_exit_handlers_write_is_fetched(run_code: RunCode) -> None:
    code = (
        "import atexit, threading, time\n"
        "def later():\n    time.sleep(0.2); open('thread', 'w').write('t')\n"
        "threading.Thread(target=later).start()\n"
        "atexit.register(lambda: open('handler', 'w').write('h'))"
    )
    assert decoded(run_code(code, fetch_files=["thread", "handler"])) == {"thread": b"t", "handler": b"h"}


def test_a_traceback_shows_the_lines_of_the_script_and_no_others(run_code: RunCode) -> None:
    run = run_code("def f():\n    raise ValueError('no')\n\nf()\n", stdin="")["run_result"]
    assert run["return_code"] == 1
    assert run["stderr"].splitlines()[:4] == [
        "Traceback (most recent call last):",
        '  File "main.py", line 4, in <module>',
        "    f()",
        '  File "main.py", line 2, in f',
    ]
    error = run_code("x = (", stdin="")["run_result"]["stderr"]
    assert 'File "main.py", line 1' in error
    assert error.splitlines()[-1].startswith("SyntaxError")


def test_a_wrapped_script_runs_as_main_with_nothing_of_ours_in_sight(run_code: RunCode) -> None:
    code = (
        "import pickle\nclass A: pass\n"
        "print(type(pickle.loads(pickle.dumps(A()))) is A, __name__)\n"
        "print(sorted(n for n in globals() if n not in ('A', 'pickle')))"
    )
    # As in a script that CPython runs from a file.
    names = ["__annotations__", "__builtins__", "__cached__", "__doc__", "__file__"]
    names += ["__loader__", "__name__", "__package__", "__spec__"]
    assert run_code(code, stdin="x")["run_result"]["stdout"] == f"True __main__\n{names}\n"


@pytest.mark.parametrize(
    "code",
    [
        "print(input()); print(input())",
        "import sys; print(sys.stdin.read(), end='')",
        "import os; print(os.read(0, 100).decode(), end='')",
        "print(open(0).read(), end='')",
        "import sys\nfor line in sys.stdin: print(line, end='')",
    ],
)
def test_input_is_read_in_every_way(run_code: RunCode, code: str) -> None:
    assert run_code(code, stdin="eins\nzw\u00f6lf\n")["run_result"]["stdout"] == "eins\nzw\u00f6lf\n"


@pytest.mark.parametrize("stdin", [None, ""])
def test_a_script_without_input_reads_the_end_of_file(run_code: RunCode, stdin: str | None) -> None:
    assert "EOFError" in run_code("input()", stdin=stdin)["run_result"]["stderr"]


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "", "a/\0", ".", "\n", "x" * 201])
def test_a_path_that_leaves_the_folder_is_refused(http: httpx.Client, path: str) -> None:
    asked = {"code": "print(1)", "language": "python"}
    for fields in ({"files": {path: ""}}, {"fetch_files": [path]}):
        answer = http.post("/run_code", json={**asked, **fields})
        assert answer.status_code == 422
        assert "path" in answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("pass", "no such file"),
        ("import os; os.symlink('/etc/passwd', 'a')", "leads out of the script's folder"),
        ("import os; os.mkdir('a')", "directory"),
        ("open('a', 'wb').truncate(2_000_000)", "1048576 bytes together"),
        ("open('a', 'w').write('x'); import os; os._exit(0)", "without handing over"),
        ("open('a', 'w').write('x'); import atexit; atexit._clear()", "without handing over"),
    ],
)
def test_a_file_that_cannot_be_fetched_is_named_with_the_reason(
    run_code: RunCode, code: str, reason: str
) -> None:
    answer = run_code(code, fetch_files=["a"])
    assert answer["files"] == {}
    assert reason in answer["x"]["unfetched"]["a"]
    assert answer["message"] == f"a was not fetched: {answer['x']['unfetched']['a']}"
    assert answer["status"] == "Success"


def test_files_that_do_not_fit_are_told_by_the_script_that_gets_them(run_code: RunCode) -> None:
    answer = run_code("print(1)", files={"a": encoded(b"1"), "a/b": encoded(b"2")})
    assert answer["status"] == "Failed"
    assert "[sandbox] the request's files or input could not be written" in answer["run_result"]["stderr"]


def test_a_forked_child_that_falls_through_hands_nothing_over(run_code: RunCode) -> None:
    code = "import os\nopen('a', 'w').write('x')\nif pid := os.fork(): os.waitpid(pid, 0)\nprint('end')"
    answer = run_code(code, fetch_files=["a"])
    assert decoded(answer) == {"a": b"x"}
    assert answer["run_result"]["stdout"] == "end\nend\n"


def test_only_files_that_were_asked_for_are_handed_over(run_code: RunCode) -> None:
    """The script shares its process with the code that hands over, so it can say whatever it likes."""
    code = (
        "import atexit, gc, json\n"
        "mark = next(o['mark'] for o in gc.get_objects() if type(o) is dict and 'mark' in o and 'fetch' in o)\n"
        "atexit._clear()\n"
        "print(mark + json.dumps({'files': {'b': 'eA==', 'a': 'eQ=='}, 'unfetched': {}}) + mark)"
    )
    answer = run_code(code, fetch_files=["a"])
    assert decoded(answer) == {"a": b"y"}
