"""The sandbox alone, without Ray, models or tasks: `python -m examples.sandbox_alone`."""

import asyncio

from sandbox_service import ExecutionRequest, SandboxConfig, SandboxPool

SCRIPTS = {"prints": "print(6 * 7)", "crashes": "1 / 0", "loops": "while True: pass"}


async def main() -> None:
    """Run three scripts side by side and say how each ended."""
    pool = SandboxPool(SandboxConfig(num_workers=2))
    await pool.start()
    requests = [ExecutionRequest(execution_id=name, code=code, timeout_s=2) for name, code in SCRIPTS.items()]
    for result in await asyncio.gather(*map(pool.execute, requests)):
        print(result.execution_id, result.termination.value, repr(result.stdout))
    await pool.close()


if __name__ == "__main__":
    asyncio.run(main())
