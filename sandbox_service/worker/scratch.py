"""The folder a script works in: in a private root a fresh tmpfs per run, else a folder emptied after it."""

import contextlib
import os

from . import private_root
from .kernel import layers, syscalls
from .kernel.namespaces import SCRIPT_UID
from .spec import WorkerSpec

MAX_FILES = 4096
"""Files and folders at a time; where the folder is watched, each look at it costs by their number."""


class Scratch:
    """Gives every run an empty folder with `work` and `tmp` in it."""

    def __init__(self, spec: WorkerSpec) -> None:
        self.is_tmpfs = layers.PRIVATE_ROOT in spec.layers
        self._size_mib = spec.scratch_mib
        base = private_root.SCRATCH_PARENT if self.is_tmpfs else spec.scratch_folder
        self.folder = f"{base}/run"
        self.writable = base if self.is_tmpfs else self.folder
        """Where Landlock lets a script write: the folder that stays the same from run to run."""

    def create(self) -> None:
        """Make the folder of the next run."""
        if self.is_tmpfs:
            options = (
                f"size={self._size_mib}m,nr_inodes={MAX_FILES},mode=0700,uid={SCRIPT_UID},gid={SCRIPT_UID}"
            )
            syscalls.mount("tmpfs", self.folder, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, options)
        else:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)

    def populate(self) -> str:
        """Make the two folders inside and return the one to work in. Called as the script's user."""
        os.mkdir(f"{self.folder}/work", 0o700)
        os.mkdir(f"{self.folder}/tmp", 0o700)
        return f"{self.folder}/work"

    def discard(self) -> None:
        """Remove everything the run left; its processes must be gone."""
        if self.is_tmpfs:
            syscalls.detach(self.folder)
        else:
            empty(self.folder)


def empty(folder: str) -> None:
    """Remove all that is in a folder, however deep: what is nested moves to the top, so nothing recurses."""
    prefix, serial = os.urandom(8).hex(), 0
    os.chmod(folder, 0o700)
    while entries := list(os.scandir(folder)):
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            with contextlib.suppress(OSError):
                os.rmdir(entry.path)
                continue
            os.chmod(entry.path, 0o700)
            for child in list(os.scandir(entry.path)):
                if child.is_dir(follow_symlinks=False):
                    serial += 1
                    # Moving a folder changes the entry for its parent in it.
                    os.chmod(child.path, 0o700)
                    os.rename(child.path, f"{folder}/{prefix}.{serial}")
                else:
                    os.unlink(child.path)
            os.rmdir(entry.path)
