"""`python -m sandbox_service run FILE.py`: run one script in the sandbox and print its result as JSON."""

import argparse
import asyncio
import uuid
from pathlib import Path

from sandbox_service import ExecutionRequest, ExecutionResult, SandboxConfig, SandboxPool, Termination


def main() -> int:
    """Exit status 0 if the script ended well, else 1."""
    parser = argparse.ArgumentParser(prog="python -m sandbox_service", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run one script and print its result as JSON")
    run.add_argument("file", type=Path)
    run.add_argument("--timeout-s", type=float, default=60.0)
    run.add_argument("--memory-mib", type=int, default=1024)
    run.add_argument("--preload", choices=("bare", "maths"), default="maths")
    arguments = parser.parse_args()
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


if __name__ == "__main__":
    raise SystemExit(main())
