"""Which isolation layers this machine allows, found by trying them, and whether they reach the floor."""

import json
import os
import sys
import sysconfig
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import SandboxUnavailableError
from sandbox_service.worker import surroundings
from sandbox_service.worker.kernel.cgroup import new_folder
from sandbox_service.worker.kernel.layers import ALL_LAYERS, CGROUP
from sandbox_service.worker.spec import WorkerSpec
from sandbox_service.worker_process import last_line, start_worker

_PROBE_TIMEOUT_S = 30.0
_MAX_MESSAGE_BYTES = 65536
_SYSTEM_PREFIXES = frozenset({"/usr", "/usr/local"})
_LIBRARIES = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
)


@dataclass(frozen=True)
class IsolationReport:
    """Layers that can be in force together and, for each other one, the kernel's reason.

    Example: `IsolationReport(active=("no_new_privs", "rlimits"), refused={"landlock": "ENOSYS"})`.
    """

    active: tuple[str, ...]
    refused: dict[str, str]

    def require(self, floor: tuple[str, ...]) -> None:
        """Raise SandboxUnavailableError unless every claim of `floor` is met by one of its layers."""
        unmet = [claim for claim in floor if not set(claim.split("|")) & set(self.active)]
        if unmet:
            missing = [layer for claim in unmet for layer in claim.split("|")]
            reasons = "; ".join(f"{layer}: {self.refused.get(layer, 'left out')}" for layer in missing)
            raise SandboxUnavailableError(
                f"the sandbox's floor requires {', '.join(unmet)}, which this machine refuses ({reasons}): "
                "use Linux 5.13 or later with Landlock and seccomp, or let the container make user namespaces, "
                "or remove these claims from SandboxConfig.floor"
            )


def probe_layers(config: SandboxConfig | None = None) -> IsolationReport:
    """Try every layer in a process of its own. Takes about a tenth of a second; blocks."""
    config = config or SandboxConfig()
    left_out = dict.fromkeys(config.without_layers, "left out by SandboxConfig.without_layers")
    if not sys.platform.startswith("linux"):
        return IsolationReport((), dict.fromkeys(ALL_LAYERS, f"not available on {sys.platform}"))
    wanted = tuple(layer for layer in ALL_LAYERS if layer not in left_out)
    with tempfile.TemporaryDirectory(prefix="sandbox-probe-", dir=config.scratch_root) as folder:
        spec = worker_spec(config, wanted, f"{folder}/worker")
        process, control, life = start_worker({"op": "probe", "spec": spec.to_dict()})
        waited = ""
        try:
            control.settimeout(_PROBE_TIMEOUT_S)
            answer = control.recv(_MAX_MESSAGE_BYTES)
        except TimeoutError:
            answer = b""
            waited = f" within {_PROBE_TIMEOUT_S:g} s"
        finally:
            process.kill()
            control.close()
            os.close(life)
            _, stderr = process.communicate()
    if not answer:
        raise SandboxUnavailableError(
            f"the probe of isolation layers ended without an answer{waited} ({last_line(stderr)}): "
            f"check that {sys.executable} starts with an empty environment, and that the machine is not overloaded"
        )
    report = json.loads(answer)
    return IsolationReport(tuple(report["active"]), {**report["refused"], **left_out})


def worker_spec(config: SandboxConfig, layers: tuple[str, ...], scratch_folder: str) -> WorkerSpec:
    """What a worker is told at birth."""
    import_paths = tuple(
        os.path.realpath(path) for path in sys.path if Path(path).name in {"site-packages", "dist-packages"}
    )
    return WorkerSpec(
        layers=layers,
        preload=config.preloaded_modules,
        import_paths=import_paths,
        read_paths=_outermost(
            (*_interpreter_paths(), *import_paths, *_LIBRARIES, *surroundings.program_files())
        ),
        mount_point=os.path.realpath(config.scratch_root),
        scratch_folder=scratch_folder,
        scratch_mib=config.scratch_mib,
        file_mib=config.file_mib,
        max_processes=config.max_processes,
        cgroup_folder=new_folder() if CGROUP in layers else "",
    )


def _interpreter_paths(
    prefixes: Collection[str] = (sys.base_prefix, sys.base_exec_prefix),
) -> tuple[str, ...]:
    """Where Python and its standard library lie: its own folder if it has one, in the system's what belongs to it."""
    standard_library = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
    own = [path for path in prefixes if path not in _SYSTEM_PREFIXES]
    shared = [f"{path}/lib" for path in prefixes if path in _SYSTEM_PREFIXES]
    program = [sys.executable] if shared else []
    return tuple(os.path.realpath(path) for path in (*own, *shared, *program, *standard_library))


def _outermost(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Existing paths without those that lie below another, each once."""
    existing = sorted({path for path in paths if os.path.lexists(path)})
    return tuple(path for path in existing if not any(path.startswith(other + "/") for other in existing))
