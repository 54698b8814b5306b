"""Command line of the sandbox: run one script, or serve scripts over HTTP."""

import argparse
import asyncio
import uuid
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sandbox_service import ExecutionRequest, ExecutionResult, SandboxConfig, SandboxPool, Termination
from sandbox_service.containers.config import RUNTIMES, ContainerConfig

_PRELOADS = ("auto", "bare", "maths", "science")


def main() -> int:
    """`run`: exit status 0 if the script ended well, else 1. `serve`: 0 after a signal."""
    parser = argparse.ArgumentParser(prog="python -m sandbox_service", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run one script and print its result as JSON")
    run.add_argument("file", type=Path)
    run.add_argument("--timeout-s", type=float, default=60.0)
    run.add_argument("--memory-mib", type=int, default=1024)
    run.add_argument("--preload", choices=_PRELOADS, default="auto")
    _add_serve(commands)
    arguments = parser.parse_args()
    if arguments.command == "serve":
        return _served(arguments, parser)
    request = ExecutionRequest(
        execution_id=f"cli/{uuid.uuid4().hex}",
        code=arguments.file.read_text(encoding="utf-8"),
        timeout_s=arguments.timeout_s,
        memory_mib=arguments.memory_mib,
    )
    result = asyncio.run(_run_once(request, SandboxConfig(num_workers=1, preload=arguments.preload)))
    print(result.model_dump_json(indent=2))
    return 0 if result.termination is Termination.OK else 1


async def _run_once(request: ExecutionRequest, config: SandboxConfig) -> ExecutionResult:
    pool = SandboxPool(config)
    await pool.start()
    try:
        return await pool.execute(request)
    finally:
        await pool.close()


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser("serve", help="serve /run_code (SandboxFusion's) and /v1/execute over HTTP")
    serve.add_argument("--host", default="127.0.0.1", help="anything but loopback needs --token-file")
    serve.add_argument("--port", type=int, default=8080)
    serve.add_argument("--token-file", help="file with the bearer token that clients must send")
    serve.add_argument("--workers", type=int, default=2, help="scripts run at a time")
    serve.add_argument("--preload", choices=_PRELOADS, default="auto")
    serve.add_argument("--timeout-s", type=float, default=600.0, help="longest run_timeout allowed")
    serve.add_argument("--memory-mib", type=int, default=4096, help="largest memory_limit_MB allowed")
    serve.add_argument("--queue-size", type=int, default=1024, help="requests that may wait for a worker")
    serve.add_argument("--max-body-mib", type=int, default=16, help="largest request body")
    serve.add_argument("--fetch-kib", type=int, default=1024, help="most that one request fetches")
    serve.add_argument(
        "--runtime", choices=RUNTIMES, help="one OCI container per script instead of warm workers"
    )


def _served(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    # Only here: fastapi is no requirement of the sandbox itself.
    from sandbox_service.http.config import HttpConfig
    from sandbox_service.http.server import serve

    try:
        sandbox = SandboxConfig(
            num_workers=arguments.workers,
            preload=arguments.preload,
            timeout_s=arguments.timeout_s,
            memory_mib=arguments.memory_mib,
            queue_size=arguments.queue_size,
        )
        config = HttpConfig(
            host=arguments.host,
            port=arguments.port,
            token_file=arguments.token_file,
            max_body_mib=arguments.max_body_mib,
            fetch_kib=arguments.fetch_kib,
            sandbox=sandbox,
            container=ContainerConfig(runtime=arguments.runtime) if arguments.runtime else None,
        )
    except ValidationError as error:
        parser.error("; ".join(fault["msg"] for fault in error.errors()))
    return serve(config)


if __name__ == "__main__":
    raise SystemExit(main())
