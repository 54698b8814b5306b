"""What a worker is told once, at birth. It holds nothing of any request."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class WorkerSpec:
    """How to build one worker; crosses to its process as one JSON message."""

    layers: tuple[str, ...]
    """Layers to put in force; the worker dies if one of them fails."""
    preload: tuple[str, ...]
    """Modules imported once, before the first script."""
    import_paths: tuple[str, ...]
    """Folders put on `sys.path` after the standard library."""
    read_paths: tuple[str, ...]
    """Folders and files of the host a script may read: the interpreter and its libraries."""
    mount_point: str
    """An existing folder over which the private root is mounted, in the worker's own mount namespace."""
    scratch_folder: str
    """The worker's folder on the host, used where there is no private root."""
    scratch_mib: int
    """Size of the scratch folder."""
    file_mib: int
    """Largest single file that a script may write."""
    max_processes: int
    """Processes and threads one script may have at a time."""
    cgroup_folder: str = ""
    """Where the worker's control group is made, if that layer is in force."""

    def to_dict(self) -> dict[str, Any]:
        """The spec as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "WorkerSpec":
        """The spec of plain JSON values; lists become tuples again."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()
        }
        return cls(**values)
