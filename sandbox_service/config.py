"""Configuration of the sandbox. Example: `SandboxConfig(num_workers=8, preload="maths")`."""

import tempfile
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox_service.worker.layers import ALL_LAYERS

PROFILES: dict[str, tuple[str, ...]] = {
    "bare": (),
    "maths": (
        *(
            "collections",
            "copy",
            "datetime",
            "decimal",
            "fractions",
            "functools",
            "heapq",
            "itertools",
            "json",
        ),
        *("math", "re", "statistics", "string", "time", "typing"),
        *("numpy", "sympy"),
    ),
}
"""What the workers import beforehand; a script may import anything else installed, at its own cost."""


class SandboxConfig(BaseModel):
    """How scripts are run and what they may use.

    Example: `SandboxConfig(num_workers=4, timeout_s=10, memory_mib=512)`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    num_workers: int = Field(default=2, ge=1, le=1024)
    """Warm workers; each runs one script at a time."""
    preload: Literal["bare", "maths"] | tuple[str, ...] = "maths"
    """Modules imported beforehand: `bare` nothing, `maths` numpy and sympy, or the modules by name."""
    timeout_s: float = Field(default=600.0, gt=0, le=600)
    """Upper bound on every request's own limit."""
    memory_mib: int = Field(default=4096, ge=16, le=65536)
    """Upper bound on every request's own limit."""
    max_processes: int = Field(default=64, ge=1, le=4096)
    """Processes and threads one script may have at a time."""
    file_mib: int = Field(default=64, ge=1)
    """Largest file a script may write."""
    scratch_mib: int = Field(default=128, ge=1)
    """Size of a script's scratch folder."""
    output_bytes: int = Field(default=65536, ge=256)
    """Bytes kept of each of stdout and stderr: three quarters from the head, one quarter from the tail."""
    output_kill_bytes: int = Field(default=8_000_000, ge=1024)
    """Bytes on both streams together at which a script is killed."""
    queue_size: int = Field(default=4096, ge=1)
    """Requests that may wait for a worker; one more is answered with `infrastructure` at once."""
    retries: int = Field(default=2, ge=0, le=10)
    """How often a request is run again, on another worker, after a failure of our own."""
    floor: tuple[str, ...] = (
        "no_new_privs",
        "rlimits",
        "seccomp|network_namespace",
        "landlock|private_root",
        "process_limit|pid_namespace",
    )
    """Isolation layers without which the pool refuses to start; `a|b` is met by either."""
    without_layers: tuple[str, ...] = ()
    """Layers left out although the machine allows them, to try what a poorer machine would do."""
    scratch_root: str = Field(default_factory=tempfile.gettempdir)
    """Existing folder for scratch folders where the machine allows no private root."""

    @property
    def preloaded_modules(self) -> tuple[str, ...]:
        """Modules imported beforehand."""
        return PROFILES[self.preload] if isinstance(self.preload, str) else self.preload

    @model_validator(mode="after")
    def _names_known_layers(self) -> "SandboxConfig":
        named = [layer for claim in self.floor for layer in claim.split("|")]
        for layer in (*named, *self.without_layers):
            if layer not in ALL_LAYERS:
                raise ValueError(
                    f"no isolation layer is called {layer!r}: choose from {', '.join(ALL_LAYERS)}"
                )
        return self
