"""Cuts the output of a result once more.

The pool behind the front keeps more of a stream than an answer may hold, so that fetched files fit in.
"""

from sandbox_service.output import CappedOutput
from sandbox_service.records import ExecutionResult


def recapped(result: ExecutionResult, output_bytes: int) -> ExecutionResult:
    """The same result with no more than `output_bytes` of each stream."""
    return result.model_copy(
        update={
            "stdout": _cut(result.stdout, result.stdout_bytes, output_bytes),
            "stderr": _cut(result.stderr, result.stderr_bytes, output_bytes),
        }
    )


def _cut(text: str, num_bytes: int, limit: int) -> str:
    if num_bytes <= limit:
        return text
    output = CappedOutput(limit)
    output.feed(text.encode())
    # What the pool has cut out already counts as cut.
    output.num_bytes = max(output.num_bytes, num_bytes)
    return output.text()
