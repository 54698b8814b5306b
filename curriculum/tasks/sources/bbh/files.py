"""BIG-Bench Hard's official files: where they lie, how they are fetched, what they hold."""

import hashlib
import json
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError

from curriculum.cache import cache_folder
from curriculum.tasks.sources.bbh import FAMILIES, distinct_examples
from curriculum.whole_files import whole_file

_PIN = json.loads((Path(__file__).parent / "files.json").read_text(encoding="utf-8"))
CHECKSUMS: dict[str, str] = _PIN["sha256"]
"""SHA-256 of each official file, by name."""
ADDRESS = f"https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/{_PIN['commit']}/bbh"
"""Folder of the files in their public repository, at the pinned commit."""
_TIMEOUT_S = 60


def default_folder() -> Path:
    """Where fetched files are kept."""
    return cache_folder() / "bbh"


def is_available(family: str, folder: Path | None = None) -> bool:
    """Whether a family's file is there."""
    return _path(family, folder).is_file()


def examples(family: str, folder: Path | None = None) -> list[dict[str, Any]]:
    """Distinct examples of a family, as dicts with `input` and `target`.

    Raises:
        FileNotFoundError: The file is not there; says how to get it.
        ValueError: The file is no BIG-Bench Hard file.
    """
    path = _path(family, folder)
    if not path.is_file():
        raise FileNotFoundError(f"no data for {family} at {path}: run `python -m driver tasks fetch bbh`")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["examples"]
        return list(distinct_examples(found))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is no BIG-Bench Hard file ({error!r}): delete it and fetch it again"
        ) from error


def fetch(
    folder: Path | None = None,
    address: str = ADDRESS,
    *,
    checksums: Mapping[str, str] = CHECKSUMS,
    on_file: Callable[[str, bool], None] | None = None,
) -> int:
    """Fetch the files that are missing or differ from their checksum; how many that were.

    Args:
        folder: Where to put them; by default the cache.
        address: Where to get them.
        checksums: SHA-256 by file name; by default the official files at the pinned commit.
        on_file: Told each file's name, and whether it was fetched.

    Raises:
        OSError: The network or the disk refused; files fetched before are kept.
        ValueError: A file has another checksum; it is not kept.
    """
    target = folder or default_folder()
    target.mkdir(parents=True, exist_ok=True)
    num_fetched = 0
    for name, checksum in checksums.items():
        path = target / name
        is_there = path.is_file() and _sha256(path.read_bytes()) == checksum
        if not is_there:
            _keep(path, _downloaded(f"{address.rstrip('/')}/{name}"), checksum)
            num_fetched += 1
        if on_file is not None:
            on_file(name, not is_there)
    return num_fetched


def _downloaded(url: str) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"{url} is no web address: give one that starts with https://")
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
            data: bytes = answer.read()
            return data
    except URLError as error:
        raise OSError(
            f"{url} could not be fetched ({error.reason}): check the network or the proxy"
        ) from error


def _keep(path: Path, data: bytes, checksum: str) -> None:
    if _sha256(data) != checksum:
        raise ValueError(
            f"{path.name} has SHA-256 {_sha256(data)}, not {checksum}: it was changed on the way and is not kept"
        )
    with whole_file(path, "--folder") as draft:
        draft.write_bytes(data)


def _path(family: str, folder: Path | None) -> Path:
    return (folder or default_folder()) / f"{FAMILIES[family].file}.json"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
