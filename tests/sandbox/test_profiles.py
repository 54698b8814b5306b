"""Which worker a script gets, by what it imports, and what the workers hold and cost."""

import asyncio
import itertools
import os
import time
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox_service import SandboxPool
from tests.sandbox.conftest import TIERS, config, request

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", params=list(TIERS))
async def auto_pool(request: pytest.FixtureRequest, tmp_path: Path):
    pool = SandboxPool(config(request.param, tmp_path, num_workers=1))
    await pool.start()
    yield pool
    await pool.close()
    assert names_in(tmp_path) == []


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def children() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


async def test_a_script_runs_in_the_smallest_profile_that_has_its_imports(auto_pool):
    bare = await auto_pool.execute(request("print(1)"))
    maths = await auto_pool.execute(
        request("import numpy, sympy\nprint(numpy.arange(3).sum(), sympy.sqrt(16))")
    )
    assert (bare.profile, bare.stdout) == ("bare", "1\n")
    assert (maths.profile, maths.stdout) == ("maths", "3 4\n")
    assert bare.worker != maths.worker


async def test_a_profile_is_started_by_the_first_script_that_needs_it_and_then_stays_warm(auto_pool):
    before = children()
    code = "import numpy\nprint(1)"
    first = await auto_pool.execute(request(code))
    second = await auto_pool.execute(request(code))
    assert first.worker == second.worker
    assert second.queue_s < 0.1 < first.queue_s + 0.1
    assert len(children() - before) == 1


async def test_what_is_not_named_in_the_source_is_imported_by_the_script_itself(auto_pool):
    hidden = "module = __import__('num' + 'py')\nprint(module.arange(3).sum())"
    result = await auto_pool.execute(request(hidden))
    assert (result.termination, result.stdout, result.profile) == ("ok", "3\n", "bare")


async def test_plots_need_no_waiting_for_fonts_and_leave_no_file(auto_pool):
    code = """
import matplotlib.pyplot as plt, os, numpy
plt.plot(numpy.arange(3))
plt.savefig("plot.png")
print(os.path.getsize("plot.png") > 1000, plt.get_backend().lower())
"""
    first = await auto_pool.execute(request(code, timeout_s=60))
    assert (first.stdout, first.stderr, first.profile) == ("True agg\n", "", "science")
    second = await auto_pool.execute(request(code))
    assert second.duration_s < 20
    assert [name for name in names_in(Path("/tmp")) if name.startswith("sandbox-fonts-")] == []


async def test_no_more_scripts_run_at_once_than_there_are_workers(auto_pool):
    span = "import time\nstarted = time.monotonic()\ntime.sleep(0.2)\nprint(started, time.monotonic())"
    scripts = [span, f"import numpy\n{span}", span, f"import sympy\n{span}"]
    results = await auto_pool.run_batch([request(code) for code in scripts])
    spans = sorted(tuple(map(float, result.stdout.split())) for result in results)
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))


async def test_workers_kept_warm_are_at_most_two_per_script_that_runs_at_once(tmp_path):
    before = children()
    pool = SandboxPool(config("namespaces", tmp_path, num_workers=1))
    await pool.start()
    for code in ("print(1)", "import numpy", "import matplotlib", "print(2)", "import numpy"):
        assert (await pool.execute(request(code, timeout_s=60))).termination == "ok"
    deadline = time.monotonic() + 5
    while len(children() - before) > 2:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    assert pool.metrics()["worker_restarts"] == 0
    await pool.close()
    assert children() == before


async def test_a_profile_that_was_asked_for_serves_every_script(tmp_path):
    pool = SandboxPool(config("namespaces", tmp_path, num_workers=1, preload="maths"))
    await pool.start()
    results = [await pool.execute(request(code)) for code in ("print(1)", "import numpy\nprint(1)")]
    await pool.close()
    assert [(result.profile, result.stdout) for result in results] == [("maths", "1\n")] * 2
    assert len({result.worker for result in results}) == 1


async def test_a_result_names_the_walls_in_force_and_those_refused(auto_pool):
    result = await auto_pool.execute(request("print(1)"))
    assert auto_pool.report is not None
    assert result.layers == auto_pool.report.active
    assert result.refused_layers == tuple(auto_pool.report.refused)
    assert ("user_namespace" in result.refused_layers) != ("user_namespace" in result.layers)


async def test_a_new_profile_holds_nothing_of_an_earlier_request(auto_pool):
    secret = "PLANTED" + "-" + "f" * 32
    await auto_pool.execute(request(f"import numpy\nsecret = {secret!r}"))
    search = """
import gc, numpy
dicts = [thing for thing in gc.get_objects() if isinstance(thing, dict)]
print(sum("ffff" * 8 in value for held in dicts for value in list(held.values()) if isinstance(value, str)))
"""
    assert (await auto_pool.execute(request(search))).stdout == "0\n"
