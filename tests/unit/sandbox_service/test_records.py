import pytest
from pydantic import ValidationError

from sandbox_service.records import MAX_CODE_BYTES, ExecutionRequest, ExecutionResult, code_refusal

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    "fields", [{"execution_id": ""}, {"unknown": 1}, {"session": ""}, {"session": "x" * 201}]
)
def test_a_request_of_another_shape_is_refused(fields):
    with pytest.raises(ValidationError):
        ExecutionRequest(**{"execution_id": "x", "code": "", **fields})


@pytest.mark.parametrize(
    ("field", "value", "limit"),
    [
        *(("timeout_s", value, "greater than 0") for value in (0, -1, -1e308)),
        *(("timeout_s", value, "less than or equal to 600") for value in (601, 1e308)),
        *(("memory_mib", value, "greater than or equal to 16") for value in (8, 0, -(2**63))),
        *(("memory_mib", value, "less than or equal to 65536") for value in (65537, 2**64)),
        *(("queue_timeout_s", value, "greater than 0") for value in (0, -3)),
        *(("queue_timeout_s", value, "less than or equal to 86400") for value in (86401, 1e300)),
        *(
            (field, value, "finite")
            for field in ("timeout_s", "queue_timeout_s")
            for value in (NAN, INFINITY)
        ),
    ],
)
def test_a_limit_out_of_bounds_is_refused_by_number_and_bound(field, value, limit):
    with pytest.raises(ValidationError) as refused:
        ExecutionRequest(**{"execution_id": "x", "code": "", field: value})
    (error,) = refused.value.errors()
    assert error["loc"] == (field,)
    assert limit in error["msg"]
    assert error["input"] is value


def test_code_is_refused_if_there_is_none_or_too_much_by_number_and_bound():
    assert code_refusal("") == "there is no code: 0 bytes, at least 1 is needed"
    too_long = code_refusal("#" * (MAX_CODE_BYTES + 1))
    assert too_long == "the code has 1000001 bytes: at most 1000000 are run"
    assert code_refusal("\u20ac\ud800", 5) == "the code has 6 bytes: at most 5 are run"
    assert [code_refusal(code) for code in (" ", "\n", "\0", "#" * MAX_CODE_BYTES)] == [""] * 4


def test_a_result_survives_json():
    result = ExecutionResult(
        execution_id="x", termination="ok", stdout="\0\ufffd", stderr="", exit_code=0, stdout_bytes=2, stderr_bytes=0,
        duration_s=0.1, cpu_s=0.1, peak_memory_mib=1.0, queue_s=0.0, worker="w", layers=("seccomp",),
    )  # fmt: skip
    assert ExecutionResult.model_validate_json(result.model_dump_json()) == result


def test_a_result_without_the_later_fields_still_is_one():
    fields = {
        "execution_id": "x",
        "termination": "ok",
        "stdout": "",
        "stderr": "",
        "exit_code": 0,
        "stdout_bytes": 0,
    }
    fields |= {"stderr_bytes": 0, "duration_s": 0.1, "cpu_s": 0.1, "peak_memory_mib": 1.0, "queue_s": 0.0}
    result = ExecutionResult(**fields, worker="w", layers=())
    assert (result.refused_layers, result.profile, result.message) == ((), "", "")
