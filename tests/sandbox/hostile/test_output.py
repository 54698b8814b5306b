"""Programs whose output is too much, or no text, or goes nowhere."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

FLOODS = {
    "lines": "while True:\n    print('x' * 1000)",
    "without_a_newline": "import sys\nwhile True:\n    sys.stdout.write('x')",
    "errors": "import sys\nwhile True:\n    sys.stderr.write('x' * 1000)",
    "raw": "import os\nwhile True:\n    os.write(1, bytes(65536))",
    "both": "import os\nwhile True:\n    os.write(1, b'x' * 999)\n    os.write(2, b'y' * 999)",
    "empty_lines": "while True:\n    print('\\n' * 500)",
    "one_huge_line": "print('x' * 50_000_000)",
    "threads": """
import threading
def shout():
    while True:
        print("x" * 1000)
for _ in range(4):
    threading.Thread(target=shout).start()
""",
    "warnings": "import warnings\nwarnings.simplefilter('always')\nwhile True:\n    warnings.warn('x' * 1000)",
    "a_traceback_of_great_length": "raise ValueError('x' * 50_000_000)",
}
TEXTS = {
    "bytes_that_are_no_text": (b"a\xff\xfeb\n", "a\ufffd\ufffdb\n"),
    "half_a_character": (b"\xe2\x82", "\ufffd"),
    "overlong_zero": (b"\xc0\x80\n", "\ufffd\ufffd\n"),
    "a_surrogate_as_bytes": (b"\xed\xa0\x80\n", "\ufffd\ufffd\ufffd\n"),
    "nul": (b"a\0b\n", "a\0b\n"),
    "escape_sequences": (b"\x1b[2J\x1b]0;title\x07\x1b[31m\n", "\x1b[2J\x1b]0;title\x07\x1b[31m\n"),
    "bells_and_backspaces": (b"\x07\x08\x08\r\n", "\x07\x08\x08\r\n"),
    "byte_order_mark": (b"\xef\xbb\xbfx\n", "\ufeffx\n"),
    "right_to_left": ("\u202ea\n".encode(), "\u202ea\n"),
    "line_separators": ("\u2028\u0085\x0b\x0c\n".encode(), "\u2028\u0085\x0b\x0c\n"),
}
SILENCED = {
    "closed_descriptors": "import os\nos.close(1)\nos.close(2)",
    "closed_object": "import sys\nsys.stdout.close()",
    "closed_buffer": "import sys\nsys.stdout.buffer.close()",
    "none": "import sys\nsys.stdout = None\nprint('lost')",
    "none_for_everything": "import sys\nsys.stdin = sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None",
    "another_object": "import io, sys\nsys.stdout = io.StringIO()\nprint('lost')",
    "no_stream_at_all": "import sys\nsys.stdout = object()",
    "deleted": "import sys\ndel sys.stdout",
    "redirected_to_nothing": "import os\nos.dup2(os.open('/dev/null', os.O_WRONLY), 1)\nprint('lost')",
    "detached": "import sys\nsys.stdout.detach()",
}


@pytest.mark.parametrize("code", FLOODS.values(), ids=FLOODS.keys())
async def test_this_flood_is_stopped(run, code):
    result = await run(code)
    assert (result.termination, result.message) == ("output_limit", "wrote more than 2000000 bytes")
    assert len(result.stdout) < 70_000
    assert len(result.stderr) < 70_000


@pytest.mark.parametrize(("data", "shown"), TEXTS.values(), ids=TEXTS.keys())
async def test_these_bytes_spoil_only_themselves(run, data, shown):
    result = await run(f"import os\nos.write(1, {data!r})\nprint('end')")
    assert (result.termination, result.stdout) == ("ok", shown + "end\n")


@pytest.mark.parametrize("code", SILENCED.values(), ids=SILENCED.keys())
async def test_an_output_that_is_gone_does_no_harm(run, code):
    result = await run(f"print('before', flush=True)\n{code}")
    # An output that cannot be flushed is an error, as in Python itself.
    assert (result.termination, result.exit_code) in (("ok", 0), ("error", 120)), result.stderr
    assert result.stdout == "before\n"


async def test_a_full_pipe_that_nobody_reads_does_not_stop_the_worker(run):
    result = await run("import sys\nsys.stdout.write('x' * 1_900_000)\nsys.stderr.write('y' * 90_000)")
    assert (result.termination, result.stdout_bytes, result.stderr_bytes) == ("ok", 1_900_000, 90_000)


async def test_a_lone_surrogate_is_escaped(run):
    assert (await run("print('\\ud800')")).stdout == "\\ud800\n"


async def test_another_encoding_of_the_output_changes_only_the_bytes(run):
    result = await run("import sys\nsys.stdout.reconfigure(encoding='utf-16')\nprint('x')")
    assert (result.termination, result.stdout_bytes) in (("ok", 4), ("ok", 6))


@pytest.mark.parametrize(
    "source",
    ["print(1)\0", "\ud800", "x = (", "\x1b[2J", "def f():\nreturn 1", "\tx\n  y", "x = '", "#" * 10 + "\0"],
)
async def test_a_source_that_is_no_program_is_an_error(run, source):
    result = await run(source)
    assert (result.termination, result.stdout) == ("error", "")


@pytest.mark.parametrize("source", ["\n\n", "# only a comment", "\f", "pass;" * 1000])
async def test_a_source_that_does_nothing_is_ok(run, source):
    result = await run(source)
    assert (result.termination, result.stdout, result.stderr) == ("ok", "", "")
