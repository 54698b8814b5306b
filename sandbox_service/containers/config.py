"""Configuration of containers. Example: `ContainerConfig(runtime="runsc", flags=("--platform=systrap",))`."""

from typing import Literal, get_args

from pydantic import Field

from sandbox_service.frozen import Settings

Runtime = Literal["runsc", "crun", "runc"]
RUNTIMES: tuple[str, ...] = get_args(Runtime)


class ContainerConfig(Settings):
    """Which runtime makes the containers; every limit is that of the SandboxConfig next to it.

    Example: `ContainerConfig(runtime="crun")`.
    """

    runtime: Runtime = "runsc"
    """Executable that runs a bundle; it must be installed and, as a rule, be run by root."""
    flags: tuple[str, ...] = ()
    """Flags of the runtime itself, put before its command: `--platform=systrap` for runsc, say."""
    cgroups: Literal["auto", "off"] = "auto"
    """`auto` limits memory and processes by cgroups where the machine allows it; `off` never tries."""
    start_timeout_s: float = Field(default=30.0, gt=0, le=600)
    """How long an empty container may take when the pool starts."""
