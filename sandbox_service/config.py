"""Configuration of the sandbox. Example: `SandboxConfig(num_workers=8, preload="auto")`."""

import tempfile
from typing import Literal

from pydantic import Field, model_validator

from sandbox_service.frozen import Settings
from sandbox_service.profiles import PROFILES, modules_of, profile_of
from sandbox_service.records import MAX_CODE_BYTES
from sandbox_service.worker.kernel.layers import ALL_LAYERS

CUSTOM_PROFILE = "custom"
"""What the profile is called whose modules are listed in `preload`."""


class SandboxConfig(Settings):
    """How scripts are run and what they may use.

    Example: `SandboxConfig(num_workers=4, timeout_s=10, memory_mib=512)`.
    """

    num_workers: int = Field(default=2, ge=1, le=1024)
    """Warm workers; each runs one script at a time."""
    preload: Literal["auto", "bare", "maths", "science"] | tuple[str, ...] = "auto"
    """Modules imported beforehand: `bare` nothing, `maths` numpy and sympy, `science` also scipy, pandas,
    matplotlib and networkx, or the modules by name. `auto`: each script runs in the smallest of these three that
    has what it imports; bare workers are warm from the start, the others from the first script that needs them."""
    max_code_bytes: int = Field(default=MAX_CODE_BYTES, ge=1)
    """Longest script; a longer one is answered with `error`."""
    timeout_s: float = Field(default=600.0, gt=0, le=600)
    """Longest wall-clock limit that a request may ask for, in seconds."""
    memory_mib: int = Field(default=4096, ge=16, le=65536)
    """Largest memory limit that a request may ask for, in MiB."""
    max_processes: int = Field(default=256, ge=1, le=4096)
    """Processes and threads one script may have at a time."""
    file_mib: int = Field(default=64, ge=1)
    """Largest file a script may write, in MiB."""
    scratch_mib: int = Field(default=128, ge=1)
    """Size of the folder in which a script runs and may write, in MiB."""
    output_bytes: int = Field(default=65536, ge=256)
    """Bytes kept of each of stdout and stderr: three quarters from the head, one quarter from the tail."""
    output_kill_bytes: int = Field(default=8_000_000, ge=1024)
    """Bytes on both streams together at which a script is killed."""
    queue_size: int = Field(default=4096, ge=1)
    """Requests that may wait for a worker; one more is answered with `infrastructure` at once."""
    retries: int = Field(default=2, ge=0, le=10)
    """How often a request is run again, on another worker, after a failure of our own."""
    breaker_failures: int = Field(default=6, ge=1)
    """Workers lost one after the other within a minute, without a success between, at which all requests are
    answered with `infrastructure` at once."""
    breaker_cooldown_s: float = Field(default=10.0, gt=0, allow_inf_nan=False)
    """How long that lasts until one request is let through to try again."""
    max_sessions: int = Field(default=4, ge=0, le=1024)
    """Sessions open at a time; each has a worker of its own besides `num_workers`, started when it is opened."""
    session_idle_s: float = Field(default=600.0, gt=0, allow_inf_nan=False)
    """A session that nobody uses for so long is closed."""
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
    def batch_places(self) -> int:
        """Scripts of one batch that are with the pool at a time: the queue is never filled by one caller."""
        return self.num_workers + self.queue_size // 2

    @property
    def first_profile(self) -> str:
        """The profile of the workers that are warm from the start."""
        if not isinstance(self.preload, str):
            return CUSTOM_PROFILE
        return "bare" if self.preload == "auto" else self.preload

    @property
    def preloaded_modules(self) -> tuple[str, ...]:
        """Modules that every worker has imported beforehand."""
        return PROFILES[self.first_profile] if isinstance(self.preload, str) else self.preload

    def profile_for(self, code: str) -> str:
        """The profile of the worker that is to run `code`."""
        return profile_of(code) if self.preload == "auto" else self.first_profile

    def modules_for(self, profile: str) -> tuple[str, ...]:
        """What a worker of this profile imports beforehand."""
        return modules_of(profile) if self.preload == "auto" else self.preloaded_modules

    @model_validator(mode="after")
    def _names_known_layers(self) -> "SandboxConfig":
        named = [layer for claim in self.floor for layer in claim.split("|")]
        for layer in (*named, *self.without_layers):
            if layer not in ALL_LAYERS:
                raise ValueError(
                    f"no isolation layer is called {layer!r}: choose from {', '.join(ALL_LAYERS)}"
                )
        return self
