"""Runs CPython's own tests inside the sandbox and outside, and lists each test that ends differently.

usage: python benchmarks/cpython_suite.py [--modules test_json test_queue] [--limit-s 60] [--workers 2]
Needs an interpreter that carries its tests (`import test.support`). Outside, the same interpreter runs the same tests
as an ordinary user in a folder of its own, so that what differs is the sandbox's doing. Each module runs once:
a test that fails now and then shows up as well. Writes benchmarks/results/cpython_suite.json and prints a table.
"""

import argparse
import asyncio
import json
import os
import sys
import sysconfig
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from sandbox_service import ExecutionRequest, SandboxConfig, SandboxPool

MARK = "== outcomes of the tests: "
_INTERPRETER = os.path.realpath(sys.executable)
# Root passes tests of its own rights. In a user namespace it is a user like any other, who may read the interpreter.
_AS_ORDINARY_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000") if os.geteuid() == 0 else ()
_MEMORY_MIB = 2048
# Windows of a desktop, a debugger, tools of the source tree, and what tests the tests' own runner.
LEFT_OUT = (
    "idle",
    "tk",
    "tcl",
    "turtle",
    "gdb",
    "tools",
    "regrtest",
    "winreg",
    "winsound",
    "wmi",
    "msilib",
    "ossaudiodev",
)
SCRIPT = """
import json, os, sys, unittest
from test import support
support.use_resources = []
out = os.dup(1)
outcomes = {}
class Result(unittest.TestResult):
    def addSuccess(self, test): outcomes.setdefault(test.id(), ["ok", ""])
    def addSkip(self, test, reason): outcomes[test.id()] = ["skipped", str(reason)[:200]]
    def addExpectedFailure(self, test, error): outcomes[test.id()] = ["ok", ""]
    def addUnexpectedSuccess(self, test): outcomes[test.id()] = ["failed", "unexpected success"]
    def addFailure(self, test, error): self.bad(test, error)
    def addError(self, test, error): self.bad(test, error)
    def addSubTest(self, test, subtest, error):
        if error is not None: self.bad(test, error)
    def bad(self, test, error): outcomes[test.id()] = ["failed", f"{error[0].__name__}: {error[1]}"[-300:]]
def run():
    try:
        suite = unittest.defaultTestLoader.loadTestsFromName("test.NAME")
    except unittest.SkipTest as skip:
        outcomes["test.NAME"] = ["skipped", str(skip)]
        return
    suite.run(Result())
sys.argv = ["script.py"]
run()
data = (MARK + json.dumps(outcomes) + "\\n").encode()
while data: data = data[os.write(out, data):]
"""


@dataclass
class Side:
    """What one module's tests came to, inside or outside."""

    outcomes: dict[str, list[str]] = field(default_factory=dict)
    """`ok`, `failed` or `skipped` with a reason, by the test's id."""
    failure: str = ""
    """Why there are none."""


@dataclass
class Comparison:
    """One module on both sides."""

    module: str
    inside: Side
    outside: Side

    @property
    def num_tests(self) -> int:
        """Tests that ran outside."""
        return len(self.outside.outcomes)

    def differences(self) -> dict[str, dict[str, str]]:
        """By test: how it ended outside and inside, and why."""
        if self.inside.failure or self.outside.failure:
            if bool(self.inside.failure) == bool(self.outside.failure):
                return {}
            return {
                self.module: {
                    "outside": self.outside.failure or "ran",
                    "inside": self.inside.failure or "ran",
                }
            }
        found = {}
        for name in sorted(self.inside.outcomes.keys() | self.outside.outcomes.keys()):
            inside = self.inside.outcomes.get(name, ["absent", ""])
            outside = self.outside.outcomes.get(name, ["absent", ""])
            if inside[0] != outside[0]:
                found[name] = {
                    "outside": outside[0],
                    "inside": inside[0],
                    "reason": (inside[1] or outside[1]).replace(sys.base_prefix, "PREFIX")[-300:],
                }
        return found


def modules_there_are() -> list[str]:
    """The test modules of this interpreter, but for those left out."""
    folder = Path(sysconfig.get_path("stdlib")) / "test"
    names = sorted({path.stem for path in folder.glob("test_*") if path.suffix == ".py" or path.is_dir()})
    return [name for name in names if not any(word in name for word in LEFT_OUT)]


def script_for(module: str) -> str:
    """The script that runs one module's tests and says how they ended."""
    return SCRIPT.replace("NAME", module).replace("MARK", repr(MARK))


def side_of(stdout: str, failure: str) -> Side:
    """What a script said."""
    said = stdout.rpartition(MARK)[2] if MARK in stdout else ""
    try:
        return Side(outcomes=json.loads(said.splitlines()[0])) if said else Side(failure=failure)
    except ValueError:
        return Side(failure="its outcomes were cut off")


async def outside(module: str, limit_s: float) -> Side:
    """Run a module's tests with the plain interpreter."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "script.py").write_text(script_for(module))
        environment = {"HOME": name, "TMPDIR": name, "LANG": "C.UTF-8", "PATH": os.defpath}
        process = await asyncio.create_subprocess_exec(
            *(*_AS_ORDINARY_USER, _INTERPRETER, "script.py"),
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            stdout, _ = await asyncio.wait_for(process.communicate(), limit_s)
        except TimeoutError:
            os.killpg(process.pid, 9)
            await process.wait()
            return Side(failure=f"still running after {limit_s:g} s")
    return side_of(stdout.decode(errors="replace"), f"ended with {process.returncode}")


async def inside(pool: SandboxPool, module: str, limit_s: float) -> Side:
    """Run a module's tests in the sandbox."""
    request = ExecutionRequest(
        execution_id=f"suite/{module}", code=script_for(module), timeout_s=limit_s, memory_mib=_MEMORY_MIB
    )
    result = await pool.execute(request)
    why = result.message or (result.stderr.strip().splitlines() or [f"ended with {result.exit_code}"])[-1]
    return side_of(result.stdout, f"{result.termination.value}: {why}"[:300])


async def compared(modules: list[str], limit_s: float, workers: int) -> list[Comparison]:
    """Every module on both sides."""
    config = SandboxConfig(
        num_workers=workers,
        preload="bare",
        output_bytes=8_000_000,
        output_kill_bytes=64_000_000,
        scratch_mib=512,
    )
    pool = SandboxPool(config)
    await pool.start()
    places = asyncio.Semaphore(workers)

    async def one(module: str) -> Comparison:
        async with places:
            result = Comparison(module, await inside(pool, module, limit_s), await outside(module, limit_s))
            print(f"{module}: {result.num_tests} tests, {len(result.differences())} differ", flush=True)
            return result

    try:
        return list(await asyncio.gather(*(one(module) for module in modules)))
    finally:
        await pool.close()


def report(found: list[Comparison]) -> dict[str, Any]:
    """The figures and every difference."""
    comparable = [one for one in found if not (one.inside.failure and one.outside.failure)]
    differing = {one.module: one.differences() for one in comparable if one.differences()}
    return {
        "python": sys.version.split()[0],
        "modules": len(comparable),
        "modules_alike": len(comparable) - len(differing),
        "tests": sum(one.num_tests for one in comparable),
        "tests_that_differ": sum(len(tests) for tests in differing.values()),
        "differences": differing,
        "not_comparable": {one.module: one.outside.failure for one in found if one not in comparable},
    }


def main() -> None:
    """Compare, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", nargs="*")
    parser.add_argument("--limit-s", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    modules = options.modules or modules_there_are()
    figures = report(asyncio.run(compared(modules, options.limit_s, options.workers)))
    if not options.modules:
        target = Path(__file__).parent / "results" / "cpython_suite.json"
        target.write_text(json.dumps(figures, indent=1) + "\n")
    for module, tests in figures["differences"].items():
        for name, ends in tests.items():
            print(f"{module} | {name} | {ends['outside']} -> {ends['inside']} | {ends.get('reason', '')}")
    print(json.dumps({key: value for key, value in figures.items() if not isinstance(value, dict)}))


if __name__ == "__main__":
    main()
