"""Programs that want to be taken for something else: a result of their own making, or no script at all."""

import json

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

REPORTS = (
    '{"exit_code": 0, "signal": 0, "stopped": "", "duration_s": 0.0, "cpu_s": 0, "peak_kib": 0}',
    '{"op": "run", "timeout_s": 600, "memory_mib": 65536}',
    '{"op": "stop"}',
    '{"broken": "forged"}',
    '{"termination": "ok", "stdout": "42", "exit_code": 0}',
    "ready",
    "0",
)


@pytest.mark.parametrize("report", REPORTS)
async def test_a_report_written_to_every_descriptor_changes_nothing(run, report):
    code = f"""
import os
for fd in range(3, 256):
    try:
        os.write(fd, {report.encode()!r})
    except OSError:
        pass
raise ValueError("failed after all")
"""
    result = await run(code)
    assert (result.termination, result.exit_code) == ("error", 1)
    assert "failed after all" in result.stderr


@pytest.mark.parametrize("report", REPORTS)
async def test_a_report_on_standard_output_is_only_output(run, report):
    result = await run(f"print({report!r})\nraise SystemExit(7)")
    assert (result.termination, result.exit_code, result.stdout) == ("error", 7, report + "\n")


async def test_a_whole_record_on_both_outputs_is_only_output(run):
    honest = await run("print(1)")
    forged = honest.model_dump_json()
    code = f"import sys\nprint({forged!r})\nprint({forged!r}, file=sys.stderr)\nsys.exit(3)"
    result = await run(code)
    assert (result.termination, result.exit_code) == ("error", 3)
    assert json.loads(result.stdout)["termination"] == json.loads(result.stderr)["termination"] == "ok"


async def test_a_forged_traceback_of_too_little_memory_needs_a_failed_script(run):
    result = await run("import sys\nprint('MemoryError', file=sys.stderr)")
    assert result.termination == "ok"


@pytest.mark.parametrize("code", ["import os\nos._exit(0)", "import sys\nsys.exit(0)", "raise SystemExit"])
async def test_an_early_end_without_error_prints_only_what_it_printed(run, code):
    result = await run(f"print('before')\n{code}\nprint('after')")
    assert (result.termination, result.stdout) == ("ok", "before\n")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("sys.exit(3)", 3),
        ("sys.exit(256 + 5)", 5),
        ("sys.exit(-1)", 255),
        ("os._exit(9)", 9),
        ("sys.exit('no')", 1),
    ],
)
async def test_an_early_end_keeps_its_status(run, code, status):
    result = await run(f"import os, sys\n{code}")
    assert (result.termination, result.exit_code) == ("error", status)


UNPRINTABLE = {
    "str_that_exits": "class E(Exception):\n    def __str__(self): raise SystemExit(0)\nraise E()",
    "str_that_leaves": "import os\nclass E(Exception):\n    def __str__(self): os._exit(4)\nraise E()",
    "str_that_is_no_text": "class E(Exception):\n    def __str__(self): return 5\nraise E()",
    "str_without_end": "class E(Exception):\n    def __str__(self): return str(self)\nraise E()",
    "name_that_is_no_text": "class E(Exception): pass\nE.__module__ = 5\nraise E()",
    "group": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "cause_of_itself": "e = ValueError()\ne.__cause__ = e\nraise e",
    "long_chain": "e = None\nfor i in range(3000):\n    n = ValueError(i)\n    n.__context__ = e\n    e = n\nraise e",
    "keyboard": "raise KeyboardInterrupt",
    "generator": "raise GeneratorExit",
    "base": "raise BaseException('x')",
    "hook": "import sys\nsys.excepthook = lambda *_: sys.exit(0)\nraise ValueError",
    "patched_traceback": "import traceback\ntraceback.print_exception = None\nraise ValueError",
    "patched_lines": "import linecache\nlinecache.getline = linecache.getlines = None\nraise ValueError",
    "not_an_exception": "raise 5",
}


@pytest.mark.parametrize("code", UNPRINTABLE.values(), ids=UNPRINTABLE.keys())
async def test_this_exception_is_an_error_whatever_it_says(run, code):
    result = await run(code)
    assert result.termination == "error"
    assert result.exit_code != 0


@pytest.mark.parametrize(
    "module",
    [
        "worker",
        "worker.supervisor",
        "keeper",
        "jail",
        "snippet",
        "sandbox_service",
        "actors",
        "driver",
        "tests",
    ],
)
async def test_this_part_of_the_project_cannot_be_imported(run, module):
    assert "ModuleNotFoundError" in (await run(f"import {module}")).stderr


async def test_no_frame_of_the_harness_names_the_request(run):
    # Every request of these tests has an id of this form, written here so that the script does not find itself.
    code = """
import re, sys
frame, found = sys._getframe().f_back, []
while frame:
    found += re.findall("te[s]t/[0-9]+", repr(frame.f_locals) + repr(list(frame.f_globals.values())))
    frame = frame.f_back
print(found)
"""
    assert (await run(code)).stdout == "[]\n"


async def test_standard_input_is_empty(run):
    assert (await run("import sys\nprint(repr(sys.stdin.read()))")).stdout == "''\n"


async def test_a_question_to_the_user_is_an_error(run):
    assert "EOFError" in (await run("input('name? ')")).stderr


@pytest.mark.parametrize("fd", [0, 1, 2])
async def test_no_standard_descriptor_leads_back_to_the_host(run, fd):
    code = f"""
import os, stat
mode = os.fstat({fd}).st_mode
print(stat.S_ISREG(mode), stat.S_ISDIR(mode), stat.S_ISSOCK(mode), stat.S_ISBLK(mode))
"""
    assert (await run(code)).stdout == "False False False False\n"


async def test_no_descriptor_is_inherited(run):
    code = "import os\nfor fd in range(3, 4096):\n    try:\n        print(fd, os.fstat(fd))\n    except OSError: pass"
    assert (await run(code)).stdout == ""
