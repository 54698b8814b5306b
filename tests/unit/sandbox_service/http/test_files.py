"""The way in and out for files: paths, the wrapper, and what is taken for a handover."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_service import ExecutionResult, Termination
from sandbox_service.http import guest
from sandbox_service.http.files import WrappedScript, checked_path, decoded, handover_bytes
from sandbox_service.http.streams import recapped


def result(stdout: str, num_bytes: int | None = None) -> ExecutionResult:
    return ExecutionResult(
        execution_id="e",
        termination=Termination.OK,
        stdout=stdout,
        stderr="",
        exit_code=0,
        stdout_bytes=len(stdout.encode()) if num_bytes is None else num_bytes,
        stderr_bytes=0,
        duration_s=0.0,
        cpu_s=0.0,
        peak_memory_mib=0.0,
        queue_s=0.0,
        worker="",
        layers=(),
    )


def handover(script: WrappedScript, files: dict[str, bytes], unfetched: dict[str, str] | None = None) -> str:
    encoded = {path: base64.b64encode(content).decode() for path, content in files.items()}
    return script.mark + json.dumps({"files": encoded, "unfetched": unfetched or {}}) + script.mark


@pytest.mark.parametrize(
    ("path", "plain"), [("a", "a"), ("./a//b", "a/b"), ("a/./b.txt", "a/b.txt"), ("..a", "..a")]
)
def test_a_path_below_the_folder_is_taken_in_its_plain_form(path: str, plain: str) -> None:
    assert checked_path(path) == plain


@pytest.mark.parametrize(
    "path", ["", ".", "/", "/a", "..", "a/..", "a/../../b", "a\0", "a\nb", "\ud800", "x" * 201]
)
def test_any_other_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        checked_path(path)


def test_content_must_be_base64() -> None:
    assert decoded("a", "+/8=") == b"\xfb\xff"
    for content in ("a", "!!!!", "\u00e4"):
        with pytest.raises(ValueError, match="the content of 'a' is not base64"):
            decoded("a", content)


def test_marks_differ_from_request_to_request() -> None:
    assert WrappedScript("").mark != WrappedScript("").mark


def test_a_script_that_brings_nothing_is_not_wrapped() -> None:
    assert not WrappedScript("1").is_needed
    assert WrappedScript("1", stdin="").is_needed
    assert WrappedScript("1", files={"a": b""}).is_needed
    assert WrappedScript("1", fetch=("a",)).is_needed


def test_a_handover_is_taken_out_of_the_output() -> None:
    script = WrappedScript("", fetch=("a", "b"))
    content = bytes(range(256))
    stdout = "before" + handover(script, {"a": content}, {"b": "gone"}) + "after"
    own, files, unfetched = script.unwrapped(result(stdout))
    assert (own.stdout, own.stdout_bytes) == ("beforeafter", len("beforeafter"))
    assert files == {"a": content}
    assert unfetched == {"b": "gone"}


def test_files_that_nobody_asked_for_are_dropped() -> None:
    script = WrappedScript("", fetch=("a",))
    _, files, unfetched = script.unwrapped(result(handover(script, {"a": b"1", "../b": b"2"}, {"c": "no"})))
    assert (files, unfetched) == ({"a": b"1"}, {})


@pytest.mark.parametrize(
    "said", ["", "{", '{"files": {"a": "!"}, "unfetched": {}}', '{"files": []}', "[]", "7"]
)
def test_a_garbled_handover_is_none(said: str) -> None:
    script = WrappedScript("", fetch=("a",))
    own, files, unfetched = script.unwrapped(result(f"x{script.mark}{said}{script.mark}"))
    assert (own.stdout, own.stdout_bytes, files) == ("x", 1, {})
    assert unfetched == {"a": "the script ended without handing over its files"}


def test_a_handover_that_was_broken_off_is_none() -> None:
    script = WrappedScript("", fetch=("a",))
    own, files, _ = script.unwrapped(result(f"x{script.mark}{{'files"))
    assert (own.stdout, files) == ("x", {})


def test_the_largest_handover_fits_into_what_is_kept_for_it(tmp_path: Path) -> None:
    """64 paths of 200 characters outside of the basic plane, each escaped as twelve bytes."""
    paths = tuple(f"{n:02d}" + "\U0001f40d" * 198 for n in range(64))
    script = WrappedScript("", fetch=paths, fetch_bytes=6400)
    full = handover(script, dict.fromkeys(paths, b"x" * 100))
    missing = handover(script, {}, dict.fromkeys(paths, "\U0001f40d" * 200))
    assert max(len(full), len(missing)) <= handover_bytes(6400)


def test_a_wrapped_script_does_the_same_outside_of_the_sandbox(tmp_path: Path) -> None:
    code = "import sys\nprint(sys.stdin.read(), open('d/in').read())\nopen('out', 'w').write('done')\n1 / 0"
    script = WrappedScript(code, {"d/in": b"1"}, "hi", ("out", "none"), 100)
    done = subprocess.run([sys.executable, "-c", script.code()], cwd=tmp_path, capture_output=True, text=True)
    own, files, unfetched = script.unwrapped(result(done.stdout))
    assert (own.stdout, files) == ("hi 1\n", {"out": b"done"})
    assert unfetched == {"none": "there is no such file"}
    assert done.returncode == 1
    assert done.stderr.splitlines()[1] == '  File "main.py", line 4, in <module>'


def test_a_pipe_in_place_of_a_file_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(ValueError, match="no regular file"):
        guest._content(str(tmp_path), "a", 10)


def test_output_is_cut_once_more() -> None:
    cut = recapped(result("a" * 900 + "b" * 100), 400)
    assert cut.stdout == "a" * 300 + "\n[... 600 bytes cut ...]\n" + "b" * 100
    assert cut.stdout_bytes == 1000
    assert recapped(result("a" * 400), 400).stdout == "a" * 400
    # What the pool has cut counts as well; what only grew by decoding does not.
    assert "[... 99600 bytes cut ...]" in recapped(result("a" * 1000, 100_000), 400).stdout
    assert recapped(result("\ufffd" * 400, 400), 400).stdout == "\ufffd" * 400
