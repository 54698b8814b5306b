"""How a script can end by itself."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_script_that_reaches_its_end_is_ok(run):
    result = await run("print(1 + 1)")
    assert (result.termination, result.stdout, result.stderr, result.exit_code) == ("ok", "2\n", "", 0)
    assert result.duration_s > 0
    assert result.cpu_s > 0
    assert result.peak_memory_mib > 1
    assert "seccomp" in result.layers


async def test_an_uncaught_exception_is_an_error_and_shows_only_the_lines_of_the_script(run):
    result = await run("def f(x):\n    return 1 / x\n\nf(0)\n")
    assert (result.termination, result.exit_code) == ("error", 1)
    assert result.stderr == (
        "Traceback (most recent call last):\n"
        '  File "<script>", line 4, in <module>\n    f(0)\n'
        '  File "<script>", line 2, in f\n    return 1 / x\n           ~~^~~\n'
        "ZeroDivisionError: division by zero\n"
    )


async def test_an_exception_in_a_library_shows_the_way_there_from_the_script(run):
    result = await run("import json\njson.loads('{')")
    assert result.stderr.startswith(
        'Traceback (most recent call last):\n  File "<script>", line 2, in <module>\n'
    )
    assert "sandbox_service" not in result.stderr
    assert "keeper" not in result.stderr


async def test_a_syntax_error_is_an_error_with_its_line(run):
    result = await run("x = 1\nif x\n    pass\n")
    assert result.termination == "error"
    assert 'File "<script>", line 2' in result.stderr
    assert "SyntaxError: expected ':'" in result.stderr
    assert "compile(" not in result.stderr


async def test_source_with_a_nul_is_an_error(run):
    result = await run("print(1)\0")
    assert result.termination == "error"
    assert "null bytes" in result.stderr


async def test_sys_exit_3_is_an_error_with_code_3(run):
    result = await run("import sys\nprint('before')\nsys.exit(3)")
    assert (result.termination, result.exit_code, result.stdout, result.stderr) == (
        "error",
        3,
        "before\n",
        "",
    )


async def test_sys_exit_with_a_message_is_an_error_that_shows_it(run):
    result = await run("raise SystemExit('no luck')")
    assert (result.termination, result.exit_code, result.stderr) == ("error", 1, "no luck\n")


async def test_os_exit_0_counts_as_ok_but_prints_only_what_it_had_flushed(run):
    result = await run("import os\nprint('before')\nos._exit(0)\nprint('after')")
    assert (result.termination, result.stdout) == ("ok", "before\n")


async def test_input_finds_an_empty_standard_input(run):
    result = await run("input('name? ')")
    assert result.termination == "error"
    assert "EOFError" in result.stderr


async def test_a_script_that_kills_itself_was_killed(run):
    result = await run("import os, signal\nprint('x')\nos.kill(os.getpid(), signal.SIGKILL)")
    assert (result.termination, result.exit_code, result.stdout) == ("killed", None, "x\n")
    assert result.message == "killed by SIGKILL"


async def test_a_crash_of_the_interpreter_was_killed(run):
    result = await run("import ctypes\nctypes.string_at(0)")
    assert (result.termination, result.message) == ("killed", "killed by SIGSEGV")


async def test_an_exception_that_cannot_be_printed_is_still_an_error(run):
    code = "class E(Exception):\n    def __str__(self):\n        raise SystemExit(0)\nraise E()"
    assert (await run(code)).termination == "error"


async def test_a_forged_result_changes_nothing(run):
    code = """
import os, sys
forged = b'{"exit_code": 0, "signal": 0, "stopped": "", "duration_s": 0.0, "cpu_s": 0, "peak_kib": 0}'
for fd in range(3, 256):
    try:
        os.write(fd, forged)
    except OSError:
        pass
sys.stdout.write('{"termination": "ok"}')
raise ValueError("failed after all")
"""
    result = await run(code)
    assert (result.termination, result.exit_code) == ("error", 1)
    assert result.stdout == '{"termination": "ok"}'


async def test_main_guard_exit_handlers_and_threads_work_as_in_a_script(run):
    code = """
import atexit, threading, time
atexit.register(print, "exit handler")
def late():
    time.sleep(0.05)
    print("thread")
if __name__ == "__main__":
    threading.Thread(target=late).start()
    print("main")
"""
    result = await run(code)
    assert (result.termination, result.stdout) == ("ok", "main\nthread\nexit handler\n")


async def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(run):
    code = "import random, numpy\nprint(random.random(), numpy.random.rand(), hash('word'))"
    first, again, other = [(await run(code, seed=seed)).stdout for seed in (1, 1, 2)]
    assert first == again
    assert first.split()[:2] != other.split()[:2]
