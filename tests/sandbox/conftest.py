"""Two real pools, shared by all hostile programs: everything the machine allows, and what a bare container allows."""

import contextlib
import gc
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox_service import ExecutionRequest, ExecutionResult, SandboxConfig, SandboxPool

TIERS = {"namespaces": (), "no_namespaces": ("user_namespace",)}
Run = Callable[..., Awaitable[ExecutionResult]]
_serial = itertools.count()


def process_comms() -> list[str]:
    comms = []
    for stat in Path("/proc").glob("[0-9]*/comm"):
        try:
            comms.append(stat.read_text().strip())
        except OSError:
            continue
    return comms


def held_by_this_process() -> dict[str, object]:
    """What no run may leave behind here: children, open descriptors, mounts."""
    gc.collect()
    children = [
        pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()
    ]
    return {
        "children": sorted(children),
        "descriptors": Counter(descriptor_kinds()),
        "mounts": Path("/proc/self/mountinfo").read_text(),
    }


def descriptor_kinds() -> Iterator[str]:
    for path in Path("/proc/self/fd").iterdir():
        # The one that lists this folder is gone by then.
        with contextlib.suppress(FileNotFoundError):
            yield str(path.readlink()).partition(":")[0]


def request(code: str, **limits: object) -> ExecutionRequest:
    return ExecutionRequest(execution_id=f"test/{next(_serial)}", code=code, **{"timeout_s": 10.0, **limits})


def config(tier: str, scratch_root: Path, **changes: object) -> SandboxConfig:
    fields = {"output_kill_bytes": 2_000_000, "max_processes": 32, "scratch_mib": 16, "file_mib": 8}
    changes = {"without_layers": TIERS[tier], "scratch_root": str(scratch_root), **changes}
    return SandboxConfig(**{**fields, **changes})


@pytest.fixture(scope="session", autouse=True)
def _no_process_and_no_file_is_left_over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    leftovers = [str(path) for path in tmp_path_factory.getbasetemp().glob("scratch*/*")]
    assert leftovers == []
    assert [name for name in process_comms() if name.startswith("sbx-")] == []


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=list(TIERS))
async def pool(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SandboxPool]:
    before = held_by_this_process()
    pool = SandboxPool(config(request.param, tmp_path_factory.mktemp("scratch")))
    await pool.start()
    yield pool
    await pool.close()
    assert held_by_this_process() == before


@pytest.fixture
def run(pool: SandboxPool) -> Run:
    async def run_code(code: str, **limits: object) -> ExecutionResult:
        return await pool.execute(request(code, **limits))

    return run_code


@pytest.fixture
def has_namespaces(pool: SandboxPool) -> bool:
    assert pool.report is not None
    return "fresh_proc" in pool.report.active
