"""SFT traces of one's own: scripts that are really run, and kept only where they end in a right answer.

    python -m examples.own_traces traces.jsonl

Each line is a JSON object with `trace_id`, `question` and `turns`: pairs of what the model says and what it is shown
then, the last shown nothing. `synthesis.file=traces.jsonl` trains on them.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from actors.episodes.scripts import complete_script, observation_text
from curriculum.task import Task
from curriculum.tasks.answers import extract_answer
from curriculum.tasks.checkers import check
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sets.build import build_task_set
from driver.config_loading import load_config
from sandbox_service import ExecutionRequest, SandboxConfig, SandboxPool

# The run's own words: its settings say which tasks are kept apart for SFT, and only those may be in the traces.
RUN = load_config("laptop", ["tasks.preset=none", 'tasks.own_families=["examples.own_family:Multiples"]'])
TURN = """I count them.
```python
print(sum(any(number % divisor == 0 for divisor in {divisors}) for number in range(1, {limit})))
```
"""


async def trace(pool: SandboxPool, task: Task) -> dict[str, Any] | None:
    """One executed trace, or None if its answer came out wrong."""
    turn = TURN.format(**decode_payload(task.payload))
    code = complete_script(turn)
    if code is None:
        raise ValueError(f"no complete script in {turn!r}")
    result = await pool.execute(ExecutionRequest(execution_id=task.task_id, code=code, timeout_s=10))
    final = f"There are <<<{result.stdout.strip()}>>>."
    if not check(task, extract_answer(final)):
        return None
    turns = [[turn, observation_text(result, max_chars=1000)], [final, None]]
    return {"trace_id": task.task_id, "question": task.question, "turns": turns}


async def traces() -> list[dict[str, Any] | None]:
    """A trace, or None, for each task that the run keeps apart for SFT."""
    pool = SandboxPool(SandboxConfig(num_workers=2))
    await pool.start()
    try:
        tasks = [task for task in build_task_set(RUN.tasks) if task.split == "sft"]
        return await asyncio.gather(*(trace(pool, task) for task in tasks))
    finally:
        await pool.close()


def main(file: Path) -> None:
    """Write the traces that ended in a right answer."""
    made = asyncio.run(traces())
    kept = [found for found in made if found is not None]
    file.write_text("".join(json.dumps(found) + "\n" for found in kept))
    print(f"{len(kept)} of {len(made)} traces ended in a right answer: {file}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
