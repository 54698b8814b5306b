"""Programs that write too much, or what is no text."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_endless_output_is_stopped(run):
    result = await run("while True:\n    print('x' * 1000)")
    assert result.termination == "output_limit"
    assert result.message == "wrote more than 2000000 bytes"
    assert len(result.stdout) < 70_000


async def test_endless_errors_are_stopped(run):
    result = await run("import sys\nwhile True:\n    sys.stderr.write('x' * 1000)")
    assert result.termination == "output_limit"


async def test_two_megabytes_in_one_go_are_not_a_deadlock(run):
    result = await run("print('x' * 1_900_000)")
    assert (result.termination, result.stdout_bytes) == ("ok", 1_900_001)


async def test_long_output_keeps_head_and_tail_and_marks_the_cut(run):
    result = await run("print('head')\nprint('x' * 300_000)\nprint('tail')")
    assert result.stdout.startswith("head\nxxx")
    assert result.stdout.endswith("xxx\ntail\n")
    assert f"\n[... {300_011 - 65536} bytes cut ...]\n" in result.stdout


async def test_bytes_that_are_no_text_spoil_only_themselves(run):
    result = await run("import sys\nsys.stdout.buffer.write(b'a\\xff\\xfeb\\n')\nprint('c')")
    assert (result.termination, result.stdout) == ("ok", "a\ufffd\ufffdb\nc\n")


async def test_nul_bytes_come_through(run):
    assert (await run("print('a\\0b')")).stdout == "a\0b\n"


async def test_a_lone_surrogate_is_escaped(run):
    assert (await run("print('\\ud800')")).stdout == "\\ud800\n"


async def test_a_lone_surrogate_in_the_source_is_an_error(run):
    assert (await run("print('\ud800')")).termination == "error"


async def test_source_outside_ascii_is_utf_8(run):
    assert (await run("print('\u00fc\u4e16')")).stdout == "\u00fc\u4e16\n"


async def test_a_closed_standard_output_does_no_harm(run):
    assert (await run("import os\nos.close(1)\nos.close(2)")).termination == "ok"
    assert (await run("import sys\nsys.stdout = None\nsys.stderr = None")).termination == "ok"


async def test_raw_writes_are_seen(run):
    assert (await run("import os\nos.write(1, b'raw')\nos.write(2, b'err')")).stdout == "raw"


async def test_output_of_a_million_lines_is_counted_in_full(run):
    result = await run("print('x\\n' * 500_000, end='')")
    assert result.stdout_bytes == 1_000_000
