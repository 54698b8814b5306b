"""What a container is given, and how a runtime's ending is read."""

import json
import signal
from pathlib import Path

import pytest

from sandbox_service import ExecutionRequest, SandboxConfig
from sandbox_service.containers.bundle import SCRATCH, Layout, container_spec, write_bundle
from sandbox_service.containers.config import ContainerConfig
from sandbox_service.containers.container import Container
from sandbox_service.errors import SandboxUnavailableError, WorkerLostError
from sandbox_service.outcome import ObservedRun
from sandbox_service.output import CappedOutput

REQUEST = ExecutionRequest(execution_id="e", code="print('\ud800')", timeout_s=10, memory_mib=100, seed=5)
LIMITS = SandboxConfig(memory_mib=64, scratch_mib=16, max_processes=8)


def layout(**fields: object) -> Layout:
    return Layout(("/usr",), ("/usr/packages",), **{"has_cgroups": True, **fields})


def test_a_container_has_no_right_no_network_and_no_place_to_write_but_one(tmp_path: Path) -> None:
    spec = container_spec(tmp_path, REQUEST, layout(), LIMITS)
    assert all(held == [] for held in spec["process"]["capabilities"].values())
    assert spec["process"]["noNewPrivileges"]
    assert spec["process"]["user"]["uid"] > 0
    assert spec["root"]["readonly"]
    kinds = {namespace["type"] for namespace in spec["linux"]["namespaces"]}
    assert {"network", "pid", "mount", "ipc"} <= kinds
    writable = [m["destination"] for m in spec["mounts"] if m["type"] == "bind" and "ro" not in m["options"]]
    assert writable == []
    [scratch] = [m for m in spec["mounts"] if m["destination"] == SCRATCH]
    assert "size=16m" in scratch["options"]


def test_the_environment_is_made_of_constants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1CI_TEST_SECRET", "open-sesame")
    assert "open-sesame" not in json.dumps(container_spec(tmp_path, REQUEST, layout(), LIMITS))


def test_the_smaller_limit_counts(tmp_path: Path) -> None:
    write_bundle(tmp_path, REQUEST, layout(), LIMITS)
    order = json.loads((tmp_path / "order.json").read_text())
    assert (order["memory_bytes"], order["seed"], order["code"]) == (64 << 20, 5, REQUEST.code)
    resources = json.loads((tmp_path / "config.json").read_text())["linux"]["resources"]
    assert resources == {"memory": {"limit": (64 + 16 + 128) << 20}, "pids": {"limit": 9}}


def test_without_cgroups_none_are_asked_for(tmp_path: Path) -> None:
    assert "resources" not in container_spec(tmp_path, REQUEST, layout(has_cgroups=False), LIMITS)["linux"]


def test_what_a_runtime_needs_itself_comes_on_top(tmp_path: Path) -> None:
    spec = container_spec(tmp_path, REQUEST, layout(own_processes=100, own_mib=200), LIMITS)
    assert spec["linux"]["resources"] == {"memory": {"limit": 280 << 20}, "pids": {"limit": 108}}


def judged(folder: Path, status: int, log: str = "") -> ObservedRun:
    (folder / "log").write_text(log)
    run = ObservedRun(CappedOutput(100), CappedOutput(100))
    container = Container("c", folder, ContainerConfig(), LIMITS, has_cgroups=True)
    container._judge_status(run, status, folder / "log")
    return run


@pytest.mark.parametrize(
    ("status", "exit_code", "number"),
    [(0, 0, 0), (3, 3, 0), (128, 128, 0), (137, None, signal.SIGKILL), (255, 255, 0)],
)
def test_a_status_is_an_exit_code_or_a_signal(
    tmp_path: Path, status: int, exit_code: int | None, number: int
) -> None:
    run = judged(tmp_path, status, '{"level": "warning", "msg": "old kernel"}\nno json\n')
    assert (run.exit_code, run.signal) == (exit_code, number)


def test_an_error_of_the_runtime_is_no_ending_of_a_script(tmp_path: Path) -> None:
    with pytest.raises(WorkerLostError, match="the container did not run: no such device"):
        judged(tmp_path, 1, '{"level": "error", "msg": "no such device"}')
    with pytest.raises(WorkerLostError, match="killed by signal 9"):
        judged(tmp_path, -9)


async def test_a_missing_runtime_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from sandbox_service.containers.pool import ContainerPool

    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxUnavailableError, match="'runc' is not installed: install it"):
        await ContainerPool(ContainerConfig(runtime="runc")).start()
