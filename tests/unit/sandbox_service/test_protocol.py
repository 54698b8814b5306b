import pytest
from pydantic import ValidationError

from sandbox_service.protocol import ExecutionRequest, ExecutionResult


@pytest.mark.parametrize(
    "fields", [{"execution_id": ""}, {"timeout_s": 0}, {"timeout_s": 601}, {"memory_mib": 8}, {"unknown": 1}]
)
def test_a_request_outside_the_bounds_is_refused(fields):
    with pytest.raises(ValidationError):
        ExecutionRequest(**{"execution_id": "x", "code": "", **fields})


def test_a_result_survives_json():
    result = ExecutionResult(
        execution_id="x", termination="ok", stdout="\0\ufffd", stderr="", exit_code=0, stdout_bytes=2, stderr_bytes=0,
        duration_s=0.1, cpu_s=0.1, peak_memory_mib=1.0, queue_s=0.0, worker="w", layers=("seccomp",),
    )  # fmt: skip
    assert ExecutionResult.model_validate_json(result.model_dump_json()) == result
