"""Our own routes."""

import uuid

import httpx
from prometheus_client.parser import text_string_to_metric_families

from sandbox_service import ExecutionResult, Termination


def test_an_execution_goes_in_and_a_result_comes_out(http: httpx.Client) -> None:
    answer = http.post("/v1/execute", json={"execution_id": uuid.uuid4().hex, "code": "print(6 * 7)"})
    assert answer.status_code == 200
    result = ExecutionResult.model_validate_json(answer.content)
    assert (result.termination, result.stdout, result.exit_code) == (Termination.OK, "42\n", 0)
    assert result.layers


def test_one_id_is_run_once(http: httpx.Client) -> None:
    request = {"execution_id": uuid.uuid4().hex, "code": "import time; print(time.time_ns())"}
    first, second = (http.post("/v1/execute", json=request).json()["stdout"] for _ in range(2))
    assert first == second


def test_a_batch_is_answered_in_the_order_of_its_requests(http: httpx.Client) -> None:
    batch = uuid.uuid4().hex
    requests = [{"execution_id": f"{batch}/{n}", "code": f"print({n})"} for n in range(20)]
    answer = http.post("/v1/execute_batch", json=requests)
    assert [one["stdout"] for one in answer.json()] == [f"{n}\n" for n in range(20)]


def test_output_is_cut_as_configured_although_the_pool_keeps_more(http: httpx.Client) -> None:
    request = {"execution_id": uuid.uuid4().hex, "code": "print('a' * 150_000 + 'b' * 150_000)"}
    result = ExecutionResult.model_validate_json(http.post("/v1/execute", json=request).content)
    assert result.stdout_bytes == 300_001
    head, tail = "a" * 49152, "b" * 16383 + "\n"
    assert result.stdout == f"{head}\n[... {300_001 - 65536} bytes cut ...]\n{tail}"


def test_code_that_is_too_long_is_refused(http: httpx.Client) -> None:
    request = {"execution_id": "long", "code": "#" * 1_000_001}
    assert http.post("/v1/execute", json=request).json()["detail"][0]["loc"] == ["body", "code"]
    good = {"execution_id": "good", "code": "1"}
    answer = http.post("/v1/execute_batch", json=[good, request])
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", 1, "code"]


def test_a_batch_has_a_size(http: httpx.Client) -> None:
    assert http.post("/v1/execute_batch", json=[]).status_code == 422
    many = [{"execution_id": f"m{n}", "code": ""} for n in range(1025)]
    assert http.post("/v1/execute_batch", json=many).status_code == 422


def test_a_ping_is_answered_as_theirs_is(http: httpx.Client) -> None:
    assert http.get("/v1/ping").json() == "pong"


def test_health_names_the_walls(http: httpx.Client) -> None:
    answer = http.get("/healthz")
    assert answer.status_code == 200
    health = answer.json()
    assert health["status"] == "up"
    assert (health["num_workers"], health["queue_size"], health["queued"]) == (2, 1024, 0)
    assert all(set(claim.split("|")) & set(health["layers"]) for claim in health["floor"])
    assert not set(health["layers"]) & set(health["refused"])


def test_metrics_count_executions_and_answers(http: httpx.Client) -> None:
    def counts() -> dict[tuple[str, str], float]:
        text = http.get("/metrics").text
        samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        return {(s.name, s.labels.get("termination") or s.labels.get("route", "")): s.value for s in samples}

    before = counts()
    http.post("/v1/execute", json={"execution_id": uuid.uuid4().hex, "code": "1 / 0"})
    http.get("/no/such/path")
    after = counts()
    grown = {key for key, value in after.items() if value > before.get(key, 0) and "_bucket" not in key[0]}
    assert ("sandbox_executions_total", "error") in grown
    assert ("sandbox_execution_seconds_count", "/v1/execute") in grown
    assert ("sandbox_http_answers_total", "other") in grown
    assert after["sandbox_idle_workers", ""] == 2


def test_the_api_describes_itself(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    assert {"/run_code", "/v1/ping", "/v1/execute", "/v1/execute_batch", "/healthz", "/metrics"} == set(paths)
