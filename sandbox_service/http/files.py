"""Files and input for a script, and files from it, although the pool takes code and gives output only.

A request with files goes in as a wrapper: the text of `worker/script/interpreter.py` and of `guest.py`, and an order.
What it fetches comes back at the end of standard output between two marks that nobody can guess beforehand, and is
taken out again here.
"""

import base64
import binascii
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox_service.records import ExecutionResult

SCRIPT_NAME = "main.py"
MAX_FILES = 64
_MAX_PATH_CHARS = 200
_GUEST_SOURCE = "".join(
    path.read_text(encoding="utf-8")
    for path in (
        Path(__file__).parents[1] / "worker" / "script" / "interpreter.py",
        Path(__file__).with_name("guest.py"),
    )
)
# Runs as the script, so it leaves no name behind in the script's own globals.
_WRAPPER = (
    "(lambda space: (exec(compile({guest!r}, '<sandbox files>', 'exec'), space), "
    "space['run_with_files']({order!r})))({{'__name__': 'sandbox_files'}})\n"
)
# Escaped, a character of a path takes up to twelve bytes; a reason has up to 200 characters.
_BYTES_PER_NAME = 12 * _MAX_PATH_CHARS + 12 * 200


def handover_bytes(fetch_bytes: int) -> int:
    """The most bytes that fetched files can take up at the end of standard output."""
    return fetch_bytes // 3 * 4 + MAX_FILES * (_BYTES_PER_NAME + 16) + 1024


def checked_path(path: str) -> str:
    """The path in its plain form. Raises ValueError unless it stays below the script's folder."""
    plain = PurePosixPath(path)
    if not plain.parts or plain.is_absolute() or ".." in plain.parts or not path.isprintable():
        raise ValueError(
            f"path {path!r} must be relative to the script's folder, without '..' and control characters"
        )
    if len(path) > _MAX_PATH_CHARS:
        raise ValueError(f"path {path[:40]!r}... has {len(path)} characters: at most {_MAX_PATH_CHARS}")
    return str(plain)


def decoded(path: str, content: str) -> bytes:
    """The content of a file that came in base64. Raises ValueError."""
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"the content of {path!r} is not base64: {error}") from None


@dataclass(frozen=True)
class WrappedScript:
    """A script together with its files, as code that the pool can run.

    Example: `WrappedScript("print(open('a').read())", files={"a": b"1"}).code()`.
    """

    script: str
    files: dict[str, bytes] = field(default_factory=dict)
    stdin: str | None = None
    fetch: tuple[str, ...] = ()
    fetch_bytes: int = 0
    mark: str = field(default_factory=lambda: f"--sandbox-files-{secrets.token_hex(16)}--")

    @property
    def is_needed(self) -> bool:
        """Whether the script brings or fetches anything; else it runs as it is."""
        return bool(self.files or self.fetch) or self.stdin is not None

    def code(self) -> str:
        """What to run in place of the script."""
        files = {path: base64.b64encode(content).decode() for path, content in self.files.items()}
        order = {
            "code": self.script,
            "filename": SCRIPT_NAME,
            "files": files,
            "stdin": self.stdin,
            "fetch": self.fetch,
            "fetch_bytes": self.fetch_bytes,
            "mark": self.mark,
        }
        return _WRAPPER.format(guest=_GUEST_SOURCE, order=json.dumps(order))

    def unwrapped(self, result: ExecutionResult) -> tuple[ExecutionResult, dict[str, bytes], dict[str, str]]:
        """The script's own result, the fetched files, and the reasons why others are missing."""
        if not self.fetch:
            return result, {}, {}
        own, *rest = result.stdout.split(self.mark)
        said = rest[0] if rest else ""
        handover = _handover(said) if len(rest) == 2 else None
        num_bytes = len(said.encode()) + len(self.mark) * len(rest)
        result = result.model_copy(
            update={"stdout": own + "".join(rest[1:]), "stdout_bytes": result.stdout_bytes - num_bytes}
        )
        if handover is None:
            return result, {}, dict.fromkeys(self.fetch, "the script ended without handing over its files")
        files = {path: handover.files[path] for path in self.fetch if path in handover.files}
        reason = "it was not handed over"
        missing = {p: handover.unfetched.get(p, reason)[:200] for p in self.fetch if p not in files}
        return result, files, missing


class _Handover(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", val_json_bytes="base64")

    files: dict[str, bytes]
    unfetched: dict[str, str]


def _handover(said: str) -> _Handover | None:
    """What the guest handed over, if it did as it should: it comes from untrusted code."""
    try:
        return _Handover.model_validate_json(said)
    except ValidationError:
        return None
