"""Programs that look for what other runs, the pool or the host left within reach."""

import os

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLANTED = "PLANTED-0123456789abcdef0123456789abcdef"
# Written as a pattern, so that the searching script does not find itself.
SEARCH = """
import gc, re, sys
needle = re.compile(rb"PLANTED-[0-9a-f]{32}")
found = []
sys_maps = "/proc/self/maps"
try:
    maps = open(sys_maps).read().splitlines()
    mem = open("/proc/self/mem", "rb", 0)
except OSError:
    maps = []
for line in maps:
    span, rights = line.split()[:2]
    start, end = (int(word, 16) for word in span.split("-"))
    if "r" not in rights or "[v" in line:
        continue
    try:
        mem.seek(start)
        data = mem.read(end - start)
    except (OSError, ValueError, OverflowError):
        continue
    found += needle.findall(data)
    del data
for thing in gc.get_objects():
    if isinstance(thing, dict):
        found += [v for v in list(thing.values()) if isinstance(v, str) and needle.search(v.encode("utf-8", "ignore"))]
frame = sys._getframe()
while frame:
    for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
        if isinstance(value, str) and value is not None and needle.search(value.encode("utf-8", "ignore")):
            found.append(value)
    frame = frame.f_back
print(len(maps) > 0, found)
"""


async def test_the_search_finds_what_a_script_itself_holds(run, has_namespaces):
    held = "parts = ['PLANTED', '-', 'f' * 32]\nheld = ''.join(parts)\n"
    result = await run(held + SEARCH, memory_mib=512)
    assert PLANTED.partition("-")[0] + "-" + "f" * 32 in result.stdout, result.stderr
    assert result.stdout.startswith(str(has_namespaces))


async def test_a_secret_of_an_earlier_request_is_not_found(run):
    for _ in range(4):
        planted = await run(f"secret = {PLANTED!r}\nprint(secret)\nraise ValueError(secret)")
        assert PLANTED in planted.stderr
    result = await run(SEARCH, memory_mib=512)
    assert result.termination == "ok", result.stderr
    assert result.stdout.endswith(" []\n")


async def test_the_environment_holds_nothing_of_the_host(run, monkeypatch):
    monkeypatch.setenv("HOST_TOKEN", "host-token")
    code = """
import os
print(sorted(os.environ))
try:
    print(open("/proc/self/environ").read())
except OSError:
    pass
"""
    result = await run(code)
    names = eval(result.stdout.splitlines()[0])
    allowed = {"HOME", "TMPDIR", "PATH", "LANG", "MPLBACKEND", "MPLCONFIGDIR", "CUDA_VISIBLE_DEVICES"}
    assert set(names) <= allowed | {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}
    assert not {"HOST_TOKEN", "USER", "PYTHONPATH"} & set(os.environ) & set(names)
    assert "host-token" not in result.stdout


async def test_no_descriptor_is_inherited(run):
    code = "import os\nfor fd in range(3, 4096):\n    try:\n        print(fd, os.fstat(fd))\n    except OSError: pass"
    assert (await run(code)).stdout == ""


async def test_state_does_not_leak_to_the_next_script(run):
    poison = """
import builtins, json, math, random, sys, os
builtins.print = lambda *a: None
builtins.leaked = 1
math.pi = 3
json.loads = None
sys.modules["numpy"] = None
random.random = lambda: 4
os.environ["LEAK"] = "1"
sys.path.insert(0, "/leak")
open("leak.txt", "w").write("leak")
"""
    check = """
import builtins, json, math, os, random, sys
print(hasattr(builtins, "leaked"), math.pi > 3.1, json.loads("1"), sys.modules["numpy"] is None, random.random() == 4)
print("LEAK" in os.environ, "/leak" in sys.path, os.listdir("."))
"""
    for _ in range(3):
        assert (await run(poison)).termination == "ok"
    for _ in range(3):
        assert (await run(check)).stdout == "False True 1 False False\nFalse False []\n"


async def test_the_harness_cannot_be_imported(run):
    for module in ("worker", "keeper", "sandbox_service", "sandbox_service.worker"):
        assert "ModuleNotFoundError" in (await run(f"import {module}")).stderr


async def test_nothing_of_the_host_is_on_the_command_line(run):
    code = "import sys\nprint(sys.argv)\ntry:\n    print(open('/proc/self/cmdline').read())\nexcept OSError: pass"
    assert "test/" not in (await run(code)).stdout
