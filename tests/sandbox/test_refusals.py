"""Scripts that are not run at all, and what is unusual and runs."""

import pytest

from sandbox_service import SandboxPool, code_refusal
from sandbox_service.records import MAX_CODE_BYTES
from tests.sandbox.conftest import config, request

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "there is no code: 0 bytes, at least 1 is needed"),
        ("#" * 10_000_000, "the code has 10000000 bytes: at most 1000000 are run"),
        ("\u20ac" * 400_000, "the code has 1200000 bytes: at most 1000000 are run"),
    ],
)
async def test_no_code_and_too_much_of_it_are_errors_that_say_number_and_limit(pool, run, code, message):
    before = pool.metrics()
    result = await run(code)
    assert (result.termination, result.message, result.stderr) == ("error", message, f"{message}\n")
    # No worker had to do with it, and a model that wrote such a thing is told so.
    assert (result.worker, result.exit_code, result.duration_s) == ("", None, 0.0)
    assert pool.metrics()["executions_error"] == before["executions_error"] + 1
    assert code_refusal(code) == message


@pytest.mark.parametrize("code", [" ", "\n\n", "\t\n", "# nothing"])
async def test_code_that_does_nothing_is_run(run, code):
    result = await run(code)
    assert (result.termination, result.stdout, result.stderr) == ("ok", "", "")


async def test_the_longest_script_allowed_is_run(run):
    code = "print('end')".rjust(12 + 11, "\n")
    code = "#" * (MAX_CODE_BYTES - len(code)) + code
    assert len(code.encode()) == MAX_CODE_BYTES
    assert (await run(code)).stdout == "end\n"


async def test_a_nul_byte_is_an_error_of_python_itself(run):
    result = await run("print(1)\0")
    assert (result.termination, result.exit_code) == ("error", 1)
    assert "null bytes" in result.stderr


async def test_how_long_a_script_may_be_is_configurable(tmp_path):
    pool = SandboxPool(config("namespaces", tmp_path, preload="bare", num_workers=1, max_code_bytes=9))
    await pool.start()
    assert (await pool.execute(request("print(12)"))).stdout == "12\n"
    assert (await pool.execute(request("print(123)"))).message == "the code has 10 bytes: at most 9 are run"
    await pool.close()
