"""A model behind an endpoint evaluated over a real HTTP server and the real sandbox, without an engine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_actors import RIGHT, WRONG, World

from actors.errors import EndpointDeadError
from driver.config import RunConfig
from driver.errors import RunAbortedError
from driver.placement import plan
from tests.unit.actors.endpoints.endpoint_server import KEY, EndpointServer, completion, failed
from tests.unit.driver.test_evaluate_alone import ALONE, TWO_AGENTS, evaluation
from tests.unit.driver.test_pipeline import Clusters, run, run_pipeline, small

SCRIPT = "```python\nprint(1)\n```\n"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointServer]:
    monkeypatch.setenv("R1CI_TEST_KEY", KEY)
    with EndpointServer().served() as server:
        server.reply = lambda _: RIGHT
        yield server


def at(server: EndpointServer, folder: Path, *overrides: str) -> RunConfig:
    settings = ("base_url=" + server.url, "key_env=R1CI_TEST_KEY", "max_retries=0", "max_failures=2")
    return small(
        folder, *ALONE, "model=endpoint:gpt", *[f"endpoint.{setting}" for setting in settings], *overrides
    )


def usage(folder: Path) -> dict[str, int]:
    counts: dict[str, int] = json.loads((folder / "endpoint_usage.json").read_text())["evaluate"]["gpt"]
    return counts


def is_probe(body: dict[str, Any]) -> bool:
    return bool(body["max_tokens"] == 16)


def test_an_endpoint_is_asked_by_agents_with_and_without_the_sandbox(
    server: EndpointServer, tmp_path: Path
) -> None:
    def reply(body: dict[str, Any]) -> str:
        if "without writing any code" in body["messages"][0]["content"]:
            return WRONG
        return RIGHT if body["messages"][-1]["content"] == "Code Execution Results:\n1" else SCRIPT

    server.reply = reply
    world = World()
    report = run(at(server, tmp_path, *TWO_AGENTS), world)
    assert "<html" in report.read_text()
    assert world.workers == []
    found = evaluation(tmp_path)
    code, text = found["policies"]["base"]["items"], found["agents"]["text"]["base"]["items"]
    assert [(i["num_executions"], i["num_turns"], i["num_tokens"]) for i in code] == [(1, 2, 10)] * 4
    assert [(i["correct"], i["num_executions"]) for i in text] == [(0, 0)] * 4
    # One question at the start, two turns with the sandbox and one without it for each of four items.
    asked = {"requests": 13, "retries": 0, "answers": 13, "failures": 0}
    assert usage(tmp_path) == asked | {"prompt_tokens": 130, "completion_tokens": 65}
    assert "endpoint:gpt" in (tmp_path / "config.yaml").read_text()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()


def test_rollouts_are_held_side_by_side_up_to_the_limit(server: EndpointServer, tmp_path: Path) -> None:
    import asyncio

    server.reply = lambda _: asyncio.sleep(0.05, RIGHT)
    run(at(server, tmp_path, "endpoint.rollouts_at_once=2", "evaluation.samples=3"), World())
    assert server.most_at_once == 2
    assert {item["num_samples"] for item in evaluation(tmp_path)["policies"]["base"]["items"]} == {3}


def test_an_endpoint_that_dies_ends_the_phase_and_only_what_is_missing_is_asked_again(
    server: EndpointServer, tmp_path: Path
) -> None:
    # The question at the start and two items are answered.
    server.replies = [lambda _: RIGHT] * 3
    server.reply = lambda _: failed(500, "gone")
    with pytest.raises(ExceptionGroup) as caught:
        run(at(server, tmp_path, "endpoint.rollouts_at_once=1", "endpoint.max_failures=1"), World())
    assert caught.group_contains(EndpointDeadError, match=r"500.*gone.*endpoint\.max_failures", depth=None)
    assert usage(tmp_path)["answers"] == 3
    assert not (tmp_path / "evaluation.json").exists()
    before = len(server.asked)
    server.reply = lambda _: RIGHT
    run(at(server, tmp_path), World())
    assert len(server.asked) - before == 1 + 2
    assert len(evaluation(tmp_path)["policies"]["base"]["items"]) == 4
    assert usage(tmp_path)["answers"] == 3 + 3


def test_an_item_that_the_endpoint_failed_on_is_lost_and_never_wrong(
    server: EndpointServer, tmp_path: Path
) -> None:
    failures = iter([True])

    def reply(body: dict[str, Any]) -> Any:
        return failed(503, "busy") if not is_probe(body) and next(failures, False) else RIGHT

    server.reply = reply
    run(at(server, tmp_path), World())
    policy = evaluation(tmp_path)["policies"]["base"]
    assert [item["correct"] for item in policy["items"]] == [1, 1, 1]
    assert len(policy["lost"]) == 1


def test_too_many_that_it_failed_on_end_the_phase(server: EndpointServer, tmp_path: Path) -> None:
    server.reply = lambda body: RIGHT if is_probe(body) else completion("", sampled=0)
    with pytest.raises(ExceptionGroup) as caught:
        run(at(server, tmp_path, "endpoint.max_failures=99", "recovery.lost_groups=1"), World())
    assert caught.group_contains(RunAbortedError, match="groups lost every rollout to faults on our side")


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("key", "refused the key"),
        ("unset", "is not set"),
        ("address", "APIConnectionError"),
        ("page", "is endpoint.base"),
    ],
)
def test_one_that_cannot_be_used_is_refused_before_any_actor_is_there(
    server: EndpointServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str, told: str
) -> None:
    overrides: list[str] = []
    if harm == "key":
        monkeypatch.setenv("R1CI_TEST_KEY", "sk-another")
    elif harm == "unset":
        monkeypatch.delenv("R1CI_TEST_KEY")
    elif harm == "address":
        overrides = ["endpoint.base_url=http://127.0.0.1:9/v1"]
    else:
        from tests.unit.actors.endpoints.endpoint_server import page

        server.reply = lambda _: page()
    clusters = Clusters(World())
    with pytest.raises(EndpointDeadError, match=told):
        run_pipeline(at(server, tmp_path, *overrides), "evaluate", clusters)
    assert clusters.made == []
    assert "sk-another" not in (tmp_path / "config.yaml").read_text()


def test_no_place_is_kept_for_an_engine(server: EndpointServer, tmp_path: Path) -> None:
    placement = plan(
        at(server, tmp_path, "placement.gpus_per_rollout_worker=8", "engine.tensor_parallel_size=1")
    )
    assert [spec.role for spec in placement.actors] == ["scorer", "sandbox"]


def test_a_teacher_writes_the_traces_that_sft_then_learns_from(
    server: EndpointServer, tmp_path: Path
) -> None:
    from curriculum.tasks.payloads import decode_payload
    from driver.outputs.run_folder import RunFolder
    from driver.outputs.trace_file import read_traces

    settings = ("base_url=" + server.url, "key_env=R1CI_TEST_KEY", "max_retries=0")
    teacher = [*[f"endpoint.{setting}" for setting in settings], "synthesis.teacher=gpt"]
    run(small(tmp_path, *teacher), World(), "tasks")
    planned = RunFolder(tmp_path).load_tasks().split("sft")
    answers = {task.question: decode_payload(task.payload)["answer"] for task in planned}

    def reply(body: dict[str, Any]) -> str:
        last = body["messages"][-1]["content"]
        if last.startswith("Code Execution Results:\n"):
            return f"<<<{last.splitlines()[1]}>>>"
        return f"```python\nprint({answers.get(last, 0)})\n```\n"

    server.reply = reply
    world = World()
    run(small(tmp_path, *teacher), world, "sft")
    assert len(read_traces(tmp_path / "traces.parquet")) == len(planned) == 8
    assert world.calls["sft_step"] > 0
    found = json.loads((tmp_path / "synthesis.json").read_text())
    assert {family: one["kept"] for family, one in found.items()} == {"chain_sum": 4, "products": 4}
    counts = json.loads((tmp_path / "endpoint_usage.json").read_text())["synthesize"]["gpt"]
    assert counts["answers"] == 1 + 2 * 8
    assert not (tmp_path / "traces.partial.jsonl").exists()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()
