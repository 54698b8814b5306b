"""Which requests to `/run_code` are within this server's limits, and what the pool is asked for them."""

import uuid
from typing import NoReturn

from fastapi.exceptions import RequestValidationError

from sandbox_service.http.config import HttpConfig
from sandbox_service.http.files import MAX_FILES, WrappedScript, checked_path, decoded
from sandbox_service.http.sandbox_fusion import RunCodeRequest
from sandbox_service.records import ExecutionRequest

MIN_MEMORY_MIB = 16
_DEFAULT_MEMORY_MIB = 1024


def check_code(code: str, config: HttpConfig, *where: str | int) -> None:
    """Raise RequestValidationError if the code is too long."""
    num_bytes, limit = len(code.encode("utf-8", "surrogatepass")), config.sandbox.max_code_bytes
    if num_bytes > limit:
        _refuse(f"the code has {num_bytes} bytes: at most {limit}", *where, "code")


def wrapped_script(request: RunCodeRequest, config: HttpConfig) -> WrappedScript:
    """The script with its files. Raises RequestValidationError for a path or content that is not allowed."""
    for field, paths in (("files", request.files), ("fetch_files", request.fetch_files)):
        if len(paths) > MAX_FILES:
            _refuse(f"{len(paths)} files: at most {MAX_FILES}", field)
    files: dict[str, bytes] = {}
    for path, content in request.files.items():
        if content is not None:
            try:
                files[checked_path(path)] = decoded(path, content)
            except ValueError as error:
                _refuse(str(error), "files")
    try:
        for path in request.fetch_files:
            checked_path(path)
    except ValueError as error:
        _refuse(str(error), "fetch_files")
    return WrappedScript(
        request.code, files, request.stdin, tuple(request.fetch_files), config.fetch_kib * 1024
    )


def execution_request(request: RunCodeRequest, script: WrappedScript, config: HttpConfig) -> ExecutionRequest:
    """What the pool is asked. Raises RequestValidationError beyond a limit."""
    check_code(request.code, config)
    longest_s, most_mib = config.sandbox.timeout_s, config.sandbox.memory_mib
    if not 0 < request.run_timeout <= longest_s:
        cure = "ask for less, or start the server with a larger --timeout-s"
        _refuse(
            f"{request.run_timeout:g} s: must be more than 0 and at most {longest_s:g}; {cure}", "run_timeout"
        )
    memory_mib = request.memory_limit_MB
    if memory_mib == -1:
        memory_mib = min(_DEFAULT_MEMORY_MIB, most_mib)
    elif not MIN_MEMORY_MIB <= memory_mib <= most_mib:
        cure = "ask for less, or start the server with a larger --memory-mib"
        _refuse(
            f"{memory_mib} MiB: must be -1 or from {MIN_MEMORY_MIB} to {most_mib}; {cure}", "memory_limit_MB"
        )
    return ExecutionRequest(
        execution_id=f"run_code/{uuid.uuid4().hex}",
        # Theirs runs an empty script and finds nothing wrong with it.
        code=script.code() if script.is_needed else request.code or "\n",
        timeout_s=request.run_timeout,
        memory_mib=memory_mib,
    )


def _refuse(message: str, *where: str | int) -> NoReturn:
    raise RequestValidationError([{"type": "limit", "loc": ("body", *where), "msg": message}])
